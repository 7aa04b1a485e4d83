"""What a run leaves on disk: its folder, trials, recordings and virtual imaging, and where each came from."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.records",
    {
        "folder": "Run create_run open_run",
        "recording": "read_recording read_trials",
    },
)
