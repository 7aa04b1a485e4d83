"""Films of trials: which to show, what to write over them, and the MP4."""

from reachenv.lazy import public

__all__, __getattr__, __dir__ = public(
    "reachenv.lab.film",
    {
        "clip": "Clip",
        "scenes": "cast",
        "video": "film_run make_film",
    },
)
