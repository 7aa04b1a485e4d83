"""N mice at N rigs as one native gymnasium.vector.VectorEnv. The single environment is this one with N = 1."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from reachenv import body, senses, state, trial
from reachenv import reward as rewards
from reachenv.perturb import BodyVariation, Perturbation
from reachenv.schema import CONTROL_DT
from reachenv.sim import Sim
from reachenv.window import Window, check_screen

if TYPE_CHECKING:
    from reachenv.render import Renderer

FPS = round(1 / CONTROL_DT)
METADATA: dict[str, Any] = {"render_modes": ["human", "rgb_array"], "render_fps": FPS}
_PERTURBATION_OPTIONS = tuple(f.name for f in fields(Perturbation))
_SPACES = ("single_action_space", "action_space", "single_observation_space", "observation_space")
OPTIONS = ("reset_mask", "perturbation", *_PERTURBATION_OPTIONS)


class PelletReachVectorEnv(VectorEnv):
    """See reachenv.env.PelletReachEnv for the task; everything here has a leading dimension of N worlds.

    Args:
        num_envs: number of worlds.
        control: "spinal" or "muscle".
        timing: "compact", "ghanayim2025" or a reachenv.Timing.
        reward: "sparse", "shaped" for who begins from nothing, or "graded" for who reaches already.
        nerves: delays and noise of the senses, reachenv.Nerves.
        stop_early: end a trial once its outcome is settled, instead of at its fixed length.
        nthread: threads that share the worlds. Results do not depend on it.
        autoreset_mode: what follows the end of a trial, as in gymnasium.vector.AutoresetMode.
        render_mode: None, "rgb_array", or "human": a window that follows world 0.

    A copy, pickled or deep, goes on like the original: same settings, mice, trial in progress and random numbers to come.
    Timing and Nerves may be given as the mappings that `spec.to_json()` makes of them.
    """

    def __init__(
        self,
        num_envs: int = 1,
        control: str = "spinal",
        timing: str | trial.Timing | dict[str, Any] = "compact",
        reward: str = "sparse",
        nerves: senses.Nerves | dict[str, Any] = senses.Nerves(),
        stop_early: bool = False,
        nthread: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
    ):
        self._made = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if num_envs < 1 or nthread < 1:
            raise ValueError(f"num_envs={num_envs} and nthread={nthread}; both must be at least 1.")
        if render_mode not in (None, *METADATA["render_modes"]):
            raise ValueError(f"render_mode={render_mode!r} is unknown; choose None, 'human' or 'rgb_array'.")
        if render_mode == "human":
            check_screen()
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**METADATA, "autoreset_mode": self.autoreset_mode}
        self.render_mode = render_mode
        self.timing = trial.timing(timing)
        self.reward_kind, self._terms = reward, rewards.terms(reward)
        self.stop_early = stop_early
        self.sim = Sim(num_envs, control, self.timing, nthread)
        self.model = self.sim.model
        size = self.sim.action_size
        n_obs, self.sense_slices = senses.size(size), senses.slices(size)
        limit = np.float32(senses.OBS_LIMIT)
        self.single_observation_space = gymnasium.spaces.Box(-limit, limit, (n_obs,), np.float32)
        self.single_action_space = gymnasium.spaces.Box(-1.0, 1.0, (size,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.trials = trial.Trials(num_envs, self.timing)
        self.nerves = nerves if isinstance(nerves, senses.Nerves) else senses.Nerves(**nerves)
        self._afferents = senses.Afferents(self.nerves, num_envs, size)
        self._generators: list[np.random.Generator] = []
        self._obs = np.zeros((num_envs, n_obs))
        self._done = np.ones(num_envs, bool)  # a world is done until it is reset
        self._nobody = np.zeros(num_envs, bool)
        self._action = np.zeros((num_envs, size))
        self._limits, self._total = (np.array(-1.0), np.array(1.0)), np.array(self.timing.total - 1e-9)
        self._renderer: Renderer | None = None
        self._window: Window | None = None

    # -- copies -----------------------------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """Everything that the trials in progress depend on, as plain data; see reachenv.state for what it contains."""
        return state.get_state(self)

    def set_state(self, known: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave here, in another instance or in another process, bit-identically.

        Raises:
            ValueError: it is of another task, version or shape; then nothing has changed.
        """
        state.set_state(self, known)

    def __getstate__(self) -> dict[str, Any]:
        names = ("_made", "spec", *_SPACES)
        return {name: getattr(self, name) for name in names} | {"_state": self.get_state()}

    def __setstate__(self, known: dict[str, Any]) -> None:
        type(self).__init__(self, **known["_made"])
        for name in ("spec", *_SPACES):
            setattr(self, name, known[name])
        self.set_state(known["_state"])

    @property
    def rest_action(self) -> np.ndarray:
        """(action_size,) what holds the paw where it rests when a trial begins; mice differ little."""
        return self.sim.rest_action()

    @property
    def fallen(self) -> np.ndarray:
        """(N,) bool: the pellet is off its cup and lies, or is held, below it."""
        return self.trials.gone & ~self.trials.eaten & self.sim.below_cup()

    # -- reset ------------------------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a trial in every world, or in those of options["reset_mask"].

        Args:
            seed: world i gets seed + i, or seed[i]; None goes on with the world's own random numbers.
            options: any of OPTIONS. "perturbation" is one Perturbation for all worlds or one for each; its fields may
                also be given by name. They hold until the next reset that is asked for; without any, the world is ordinary.

        Returns:
            observations (N, n_obs) float32, info.
        """
        options = dict(options or {})
        unknown = set(options) - set(OPTIONS)
        if unknown:
            raise ValueError(f"reset got the option {sorted(unknown)[0]!r}; it knows {', '.join(OPTIONS)}.")
        mask = np.asarray(options.pop("reset_mask", np.ones(self.num_envs)), bool)
        if mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(
                f"reset_mask must name at least one of {self.num_envs} worlds, one bool for each; it was {mask}."
            )
        ids = np.flatnonzero(mask)
        self._seed(seed, ids)
        self.sim.variation.perturb(ids, _perturbations(options, len(ids), self.num_envs, ids))
        self._begin(ids)
        if self.render_mode == "human":
            self.render()
        return self._obs.astype(np.float32), {}

    def _seed(self, seed: int | Sequence[int | None] | None, ids: np.ndarray) -> None:
        if not self._generators:
            self._generators = [seeding.np_random(None)[0] for _ in range(self.num_envs)]
        if seed is None:
            return
        seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, (int, np.integer)) else list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(
                f"{len(seeds)} seeds were given for {self.num_envs} worlds; give one number or one for each."
            )
        for i in ids:
            if seeds[i] is not None:
                self._generators[i] = seeding.np_random(int(seeds[i]))[0]

    def _begin(self, ids: np.ndarray) -> None:
        self.sim.reset(ids, [self._generators[i] for i in ids])
        self.trials.start(ids)
        self._done[ids] = False
        self._action[ids] = 0.0
        seen = self._look(self.sim.measure())
        self._afferents.start(ids, seen)
        if self._afferents.active and len(ids) < self.num_envs:
            self._obs[ids] = seen[ids]  # the other worlds go on feeling what nerves have brought them
        else:
            self._obs = seen

    def set_bodies(self, bodies: list[BodyVariation]) -> None:
        """Give every world its own mouse (N of them); reset before the next step."""
        self.sim.set_bodies(bodies)
        self._done[:] = True

    # -- step -------------------------------------------------------------------------------------------------------

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Advance every world by 10 ms.

        Args:
            actions: (N, action_size), clipped to [-1, 1].

        Returns:
            observations (N, n_obs) float32, rewards (N,), terminated (N,), truncated (N,) always False, info.
        """
        actions = self._checked(actions)
        n_ended = np.count_nonzero(self._done)
        ended = self._done.copy() if n_ended else self._nobody
        if n_ended and self.autoreset_mode != AutoresetMode.NEXT_STEP:
            raise RuntimeError("A trial has ended, or none has begun: call reset() before step().")
        if not self._generators:
            raise RuntimeError("No trial has begun: call reset() before step().")
        if n_ended == self.num_envs:
            self._begin(np.arange(self.num_envs))
            zeros = np.zeros(self.num_envs)
            return self._obs.astype(np.float32), zeros, ended & False, ended & False, {}

        sim, trials = self.sim, self.trials
        gone_before = None if self.reward_kind == "sparse" else trials.gone.copy()
        self._action = actions
        sim.step(actions)
        measured = sim.measure()
        eaten = trials.update(measured)
        if np.count_nonzero(eaten):
            sim.eat(eaten)
            measured = replace(measured, pellet=sim.pellet())
        self._obs = self._afferents.carry(self._look(measured), self._generators, idle=ended)
        reward, terms = self._reward(measured, eaten, gone_before)
        terminated = sim.time >= self._total
        if self.stop_early:
            terminated |= trials.eaten | (self.fallen & (measured.parts_on_pellet == 0))
        if n_ended:
            terminated &= ~ended
            reward[ended] = 0.0
        info: dict[str, Any] = {"reward_terms": terms, "_reward_terms": ~ended} if len(terms) > 1 else {}
        if np.count_nonzero(terminated):
            final = {**info, **self._trial_info(terminated)}
            if self.autoreset_mode == AutoresetMode.SAME_STEP:
                last = self._obs.astype(np.float32)
                info |= {"final_obs": last, "_final_obs": terminated, "final_info": final, "_final_info": terminated}
                self._begin(np.flatnonzero(terminated))
            else:
                info = final
                self._done |= terminated
        if n_ended:  # next-step autoreset of worlds that are out of phase with the others
            self._begin(np.flatnonzero(ended))
        if self.render_mode == "human":
            self.render()
        return self._obs.astype(np.float32), reward, terminated, np.zeros(self.num_envs, bool), info

    def _checked(self, actions: np.ndarray) -> np.ndarray:
        actions = np.array(actions, dtype=float)
        if actions.shape != self._action.shape:
            raise ValueError(
                f"The actions have shape {actions.shape}; it must be {self._action.shape}: worlds × action size."
            )
        if not math.isfinite(np.vdot(actions, actions)) and not np.isfinite(actions).all():
            bad = np.argwhere(~np.isfinite(actions))[0]
            raise ValueError(
                f"Action {bad[1]} of world {bad[0]} is {actions[tuple(bad)]}; actions must be finite numbers in [-1, 1]."
            )
        low, high = self._limits
        return np.minimum(np.maximum(actions, low, out=actions), high, out=actions)

    def _look(self, measured: trial.Measured) -> np.ndarray:
        return self.sim.observe(measured, self.trials.eaten, self.trials.times["chew"], self._action)

    def _reward(
        self, m: trial.Measured, eaten: np.ndarray, gone_before: np.ndarray | None
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        if gone_before is None:  # the reward is sparse
            return eaten.astype(float), {}
        in_hand = self.trials.raised & (m.parts_on_pellet > 0) & ~m.pellet_on_plate
        seen = {
            "eaten": eaten,
            "eaten_before": self.trials.eaten,
            "paw_pellet_mm": np.linalg.norm(m.grip - m.pellet, axis=1),
            "pellet_mouth_mm": np.linalg.norm(m.pellet, axis=1),
            "waiting_mouth_mm": np.linalg.norm(m.waiting, axis=1),
            "parts_on_pellet": m.parts_on_pellet,
            "in_hand": in_hand,
            "can_reach": m.time >= self.timing.tone,
            "off_perch": np.linalg.norm(m.grip - trial.PERCH_MM, axis=1) > trial.OFF_PERCH_MM,
            "before_turn_end": m.time < self.timing.turn_start + self.timing.turn_time,
            "lost_now": self.trials.gone & ~gone_before & (m.parts_on_pellet == 0),
        }
        terms = {name: term(**seen) for name, term in self._terms.items()}
        return np.asarray(sum(terms.values())), terms

    def _trial_info(self, mask: np.ndarray) -> dict[str, Any]:
        """How the trials of the worlds in `mask` went."""
        t = self.trials
        outcome = t.outcome().astype(object)
        values = {
            "outcome": outcome,
            "is_success": outcome == "success",
            **{f"{event}_time": times.copy() for event, times in t.times.items()},
            "reach_duration": t.reach_duration(),
            "peak_speed": t.peak_speed / 10.0,  # mm/s → cm/s
            "aim_error": np.where(np.isfinite(t.aim_error), t.aim_error, np.nan),
            "endpoint": t.endpoint.copy(),
            "plate_contact": t.plate_contact.copy(),
            "head_contact": t.head_contact.copy(),
        }
        return {**values, **{f"_{name}": mask.copy() for name in values}}

    # -- to look at -------------------------------------------------------------------------------------------------

    def qpos(self, world: int | None = None) -> np.ndarray:
        """Generalised positions (N, nq), or those of one world (nq,): a copy, which reachenv.render can draw."""
        return self.sim.qpos() if world is None else self.sim.qpos()[world]

    def muscle_activation(self) -> np.ndarray:
        """Activation of every muscle now (N, muscles), 0 to 1, in the order of `muscle_names`: a copy."""
        return self.sim.muscle_activation()

    def joint_angles(self) -> np.ndarray:
        """Angle of every joint of the arm now (N, joints) [rad], in the order of `joint_names`: a copy."""
        return self.sim.joint_angles()

    @property
    def muscle_names(self) -> tuple[str, ...]:
        """Names of the muscles."""
        return body.MUSCLES

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints of the arm."""
        return body.ARM_JOINTS

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One picture (H, W, 3) uint8 for each world; with "human" the window is brought up to date instead."""
        if self.render_mode is None:
            return None
        if self.render_mode == "human":
            self._window = self._window or Window(FPS)
            self._window.show(self.qpos(0))
            return None
        if self._renderer is None:
            from reachenv.render import Renderer  # needs GL, which stepping does not

            self._renderer = Renderer()
        return tuple(self._renderer.frame(q) for q in self.sim.qpos())

    def close_extras(self, **kwargs: Any) -> None:
        for drawn_by in (self._renderer, self._window):
            if drawn_by is not None:
                drawn_by.close()
        self._renderer = self._window = None


def _perturbations(options: dict[str, Any], count: int, n: int, ids: np.ndarray) -> list[Perturbation]:
    given = options.get("perturbation")
    named = {name: options[name] for name in _PERTURBATION_OPTIONS if name in options}
    if given is not None and named:
        raise ValueError(f"Give either 'perturbation' or its fields ({', '.join(named)}) as options, not both.")
    if given is None or isinstance(given, Perturbation):
        return [given or Perturbation(**named)] * count
    given = list(given)
    if len(given) != n:
        raise ValueError(f"{len(given)} perturbations were given for {n} worlds; give one for all or one for each.")
    return [given[i] for i in ids]
