"""The experiment: designs, runs, recordings, analyses, findings, figures, films, exports and reports."""

from typing import TYPE_CHECKING

from reachenv.lazy import public

if TYPE_CHECKING:
    from reachenv.lab.design.catalogue import DESIGNS as DESIGNS
    from reachenv.lab.design.design import Design as Design
    from reachenv.lab.design.design import Subject as Subject
    from reachenv.lab.design.group import Group as Group
    from reachenv.lab.design.make import make_design as make_design
    from reachenv.lab.errors import UserError as UserError
    from reachenv.lab.records.folder import Run as Run
    from reachenv.lab.records.folder import open_run as open_run
    from reachenv.lab.records.imaging.session import image_session as image_session
    from reachenv.lab.records.recording import read_activity as read_activity
    from reachenv.lab.records.recording import read_recording as read_recording
    from reachenv.lab.records.recording import read_trials as read_trials
    from reachenv.lab.runner.load import load_brain as load_brain
    from reachenv.lab.runner.world import World as World

__all__, __getattr__, __dir__ = public(
    "reachenv.lab",
    {
        "errors": "UserError",
        "design.catalogue": "DESIGNS",
        "design.design": "Design Subject",
        "design.make": "make_design",
        "design.group": "Group",
        "records.folder": "Run open_run",
        "records.recording": "read_activity read_recording read_trials",
        "records.imaging.session": "image_session",
        "runner.load": "load_brain",
        "runner.world": "World",
    },
)
