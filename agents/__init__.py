"""Who learns: the contract of brains, the cortex-basal ganglia-thalamus loop, and reinforcement learning."""

from typing import TYPE_CHECKING

from reachenv.lazy import public

if TYPE_CHECKING:
    from reachenv.agents.brain.learning.rule import LearningRule as LearningRule
    from reachenv.agents.brain.loop import Loop as Loop
    from reachenv.agents.brain.make import make_bg_loop as make_bg_loop
    from reachenv.agents.brain.params import LoopParams as LoopParams
    from reachenv.agents.check import check_brain as check_brain
    from reachenv.agents.checkpoint import CheckpointError as CheckpointError
    from reachenv.agents.interventions import Deplete as Deplete
    from reachenv.agents.interventions import Intervention as Intervention
    from reachenv.agents.interventions import Scale as Scale
    from reachenv.agents.interventions import Stimulate as Stimulate
    from reachenv.agents.interventions import When as When
    from reachenv.agents.interventions import dopamine_left as dopamine_left
    from reachenv.agents.interventions import is_dopamine_block as is_dopamine_block
    from reachenv.agents.interventions import parse as parse
    from reachenv.agents.protocol import Area as Area
    from reachenv.agents.protocol import Brain as Brain
    from reachenv.agents.protocol import Description as Description
    from reachenv.agents.protocol import MakeBrain as MakeBrain
    from reachenv.agents.protocol import find_area as find_area
    from reachenv.agents.protocol import with_settings as with_settings
    from reachenv.agents.rl.bg_loop import BGLoop as BGLoop
    from reachenv.agents.rl.sb3_env import PelletVecEnv as PelletVecEnv

__all__, __getattr__, __dir__ = public(
    "reachenv.agents",
    {
        "protocol": "Area Brain Description MakeBrain find_area with_settings",
        "check": "check_brain",
        "interventions": "Deplete Intervention Scale Stimulate When dopamine_left is_dopamine_block parse",
        "checkpoint": "CheckpointError",
        "brain.learning.rule": "LearningRule",
        "brain.loop": "Loop",
        "brain.make": "make_bg_loop",
        "brain.params": "LoopParams",
        "rl.bg_loop": "BGLoop",
        "rl.sb3_env": "PelletVecEnv",
    },
)
