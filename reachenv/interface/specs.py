"""The spec of an environment as gymnasium gives it, with what only the environment knows."""

import copy
from typing import Any

from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode


def known(spec: EnvSpec | None, steps: int) -> EnvSpec | None:
    """A copy of `spec` that becomes JSON, and says after how many steps a trial ends at the latest.

    The registry cannot say so: a trial's length follows from its timing, and a registered limit would cut the longer ones short.
    """
    if spec is None:
        return None
    spec = copy.copy(spec)
    kwargs: dict[str, Any] = dict(spec.kwargs)
    if isinstance(kwargs.get("autoreset_mode"), AutoresetMode):
        kwargs["autoreset_mode"] = kwargs["autoreset_mode"].value
    spec.kwargs = kwargs
    limit = kwargs.get("max_episode_steps") or spec.max_episode_steps
    spec.max_episode_steps = steps if limit in (None, -1) else limit
    return spec
