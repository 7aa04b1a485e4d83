"""The task as a gymnasium.Env: the vector environment with one world."""

import copy
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from reachenv.interface import asked, specs
from reachenv.interface.info import InfoOfOne
from reachenv.perturb import BodyVariation
from reachenv.trial import Timing
from reachenv.vector_env import METADATA, PelletReachVectorEnv


class _OneWorld(PelletReachVectorEnv):
    """The one world of a single environment, whose info is made as a single environment gives it."""

    _kind_of_info = InfoOfOne


class PelletReachEnv(gymnasium.Env):
    """A head-fixed mouse hears a tone, reaches for a food pellet, grasps it and eats it.

    ## Description
    A plate with eight cups turns one cup on and brings a 20 mg pellet within reach of the right forelimb. A tone sounds. The mouse has two
    seconds to reach. It grasps by contact friction alone, carries the pellet to its mouth and returns to its perch. One episode is one
    trial of 4 s (`timing="compact"`, tone at 1 s) or 12 s (`timing="ghanayim2025"`, tone at 4 s), at 100 Hz.

    ## Action space
    `Box(-1, 1, (5,))` with `control="spinal"`, the descending command to the spinal layer:

    | i | command | -1 | +1 |
    |---|---|---|---|
    | 0 | paw x, forward from the mouth | -4 mm | 14 mm |
    | 1 | paw y, left | -10 mm | 4 mm |
    | 2 | paw z, up | -19.5 mm | 0.5 mm |
    | 3 | pronation | palm up | palm down |
    | 4 | grip | open | closed |

    `Box(-1, 1, (17,))` with `control="muscle"`: one muscle each in the order of `reachenv.body.MUSCLES`, -1 silent, +1 fully excited.

    ## Observation space
    `Box(-5, 5, (55,))` with `control="spinal"` (67 with `"muscle"`). `env.unwrapped.sense_slices` says where each sense lies:

    | sense | size | meaning |
    |---|---|---|
    | tone | 1 | 1 while it sounds (0.5 s) |
    | plate | 1 | its turning speed, in 5 rad/s |
    | pellet | 4 | 1 if there is one to see; x, y, z from the mouth in cm |
    | paw | 3 | x, y, z of the grip point from the mouth in cm |
    | muscle_length | 17 | relative to rest and to optimal length, over 0.25 |
    | muscle_velocity | 17 | in optimal lengths per s, over 5 |
    | touch | 6 | palm, thumb, digits 2 to 5: f / (f + 2 mN) |
    | taste | 1 | 1 while eating (0.5 s) |
    | command | 5 or 17 | the last action |

    ## Reward
    `reward="sparse"`: 1 when the pellet is eaten, else 0. `reward="shaped"`: the sum of its terms.

    ## Info
    The same keys, of the same types, at reset and at every step: what has happened in the trial so far. At its last step that is how the
    trial went. What has not happened is infinite.

    | key | type | meaning |
    |---|---|---|
    | outcome_code | int | place of the outcome in `reachenv.OUTCOMES`; as a word it is `env.unwrapped.outcome` |
    | is_success | bool | the pellet was eaten |
    | tone_time, table_turn_time, lift_time, reach_time, grab_time | float | when each event happened [s] |
    | supination_time, at_mouth_time, chew_time, back_to_perch_time | float | likewise |
    | reach_duration | float | from lift to grab, or to where the paw came closest [s] |
    | peak_speed | float | of the paw in the reach [cm/s] |
    | aim_error | float | distance of the grip from the pellet's place where the reach ended [mm] |
    | endpoint | (3,) float | where the reach ended, from the pellet's place [mm] |
    | plate_contact, head_contact | bool | the hand has touched it |
    | reward_NAME | float | each term of a reward that has several |

    A vector environment gives arrays (N, ...), each with its mask `_key`; with same-step autoreset those of the trial that ended are in
    `final_info`.

    ## End of a trial
    `terminated` at its fixed length (`stop_early=True`: once the outcome is settled); truncated only where `max_episode_steps` is given.
    `spec.max_episode_steps` is the length of a trial in steps.

    ## Response window
    The paw must lift and arrive (within 6 mm of where the pellet waits) after the tone and by the end of the response window, 2 s. A paw
    that is off its perch when the tone sounds lifts in the first step after it. A paw that arrived in time may grab, carry and eat after
    the window, until it is back on its perch; then, or at the end of the window if it has not arrived, the attempt is over. What comes
    later counts for nothing: no event, no reward for eating, no other outcome. (Shaping terms pay for where paw and pellet are, whenever.)

    | outcome | what happened | lift | reach | grab | at_mouth | chew |
    |---|---|---|---|---|---|---|
    | success | the pellet was eaten | yes | yes | yes | yes | yes |
    | drop | raised off the cup in the hand, not eaten | yes | yes | yes | maybe | no |
    | slip | grabbed, never raised | yes | yes | yes | maybe | no |
    | knock | it left its cup without having been grabbed, before the attempt was over | maybe | maybe | no | no | no |
    | miss | the paw arrived, and the pellet stayed | yes | yes | no | no | no |
    | no_reach | the paw did not arrive in time | maybe | no | no | no | no |

    Times keep the order tone < lift <= reach <= grab < at_mouth < chew; grab <= supination; reach < back_to_perch. In the step of the grab
    at least two of palm, thumb and digits touch the pellet. `reach_duration` is a number if there was a reach; `aim_error` and `endpoint`
    are, if there was a lift, and `peak_speed` is else 0. Eating pays once.

    ## Reset options
    The fields of `reachenv.Perturbation` (`plate_shift_mm`, `command_rotation_deg`, `force_field`, `pellet_scale`, `pellet_friction`), or
    a whole one as `perturbation`. They hold for the trial that begins, and for no other: the next is ordinary unless its reset is given
    options again, whoever asks for it, the user or an autoreset. So it is in single and vector environments, native or of
    gymnasium, in every autoreset mode, and in the adapter for stable-baselines3. Where every trial is to be perturbed, reset by hand
    (`autoreset_mode=AutoresetMode.DISABLED`) and give the options each time.
    """

    metadata = METADATA

    _spec: EnvSpec | None = None

    def __init__(self, render_mode: str | None = None, **kwargs: Any):
        if "autoreset_mode" in kwargs:
            raise ValueError(
                "A single environment never resets by itself, so it takes no autoreset_mode; with make_vec and "
                'vectorization_mode="sync" or "async" give vector_kwargs={"autoreset_mode": ...} instead.'
            )
        if "num_envs" in kwargs:
            raise ValueError("A single environment is one world; for num_envs of them use gymnasium.make_vec.")
        self.metadata = copy.deepcopy(METADATA)
        self._one = _OneWorld(1, render_mode=render_mode, autoreset_mode=AutoresetMode.DISABLED, **kwargs)
        self.observation_space = self._one.single_observation_space
        self.action_space = self._one.single_action_space
        self.render_mode = render_mode

    @property
    def spec(self) -> EnvSpec | None:
        """How to make this environment again, and after how many steps its trials end."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = specs.known(spec, self.timing.steps)

    @property
    def outcome(self) -> str:
        """How the trial has gone so far, one of reachenv.OUTCOMES."""
        return self._one.outcome[0]

    @property
    def sense_slices(self) -> dict[str, slice]:
        """Where each sense lies in the observation."""
        return self._one.sense_slices

    @property
    def rest_action(self) -> np.ndarray:
        """What holds the paw where it rests when a trial begins."""
        return self._one.rest_action

    @property
    def model(self) -> Any:
        """The compiled mujoco.MjModel."""
        return self._one.model

    @property
    def timing(self) -> Timing:
        """The trial's reachenv.Timing."""
        return self._one.timing

    @property
    def fallen(self) -> bool:
        """Whether the pellet is off its cup and lies, or is held, below it."""
        return bool(self._one.fallen[0])

    def qpos(self) -> np.ndarray:
        """Generalised positions (nq,), a copy."""
        return self._one.qpos(0)

    def set_body(self, body: BodyVariation) -> None:
        """Change the mouse; reset before the next step."""
        self._one.set_bodies([body])

    def get_state(self) -> dict[str, Any]:
        """Everything that the trial in progress depends on, as plain data; see reachenv.state for what it contains."""
        return self._one.get_state()

    def set_state(self, known: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave here, in another instance or in another process, bit-identically."""
        self._one.set_state(known)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        obs, info = self._one.reset(seed=None if seed is None else [seed], options=options)
        self._np_random, self._np_random_seed = self._one.np_random[0], self._one.seeds[0]
        return obs[0], info

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        action = asked.numbers(action)
        if action.shape != self.action_space.shape:
            raise ValueError(f"The action has shape {action.shape}; it must be {self.action_space.shape}.")
        obs, reward, terminated, truncated, info = self._one.step(action[None])
        return obs[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> np.ndarray | None:
        pictures = self._one.render()
        return None if pictures is None else pictures[0]

    def close(self) -> None:
        self._one.close()
