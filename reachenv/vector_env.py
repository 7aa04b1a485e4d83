"""N mice at N rigs as one native gymnasium.vector.VectorEnv. The single environment is this one with N = 1."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from reachenv import body, senses, state, trial
from reachenv import reward as rewards
from reachenv.drawing.window import Window, check_screen
from reachenv.interface import asked, forks, info, specs
from reachenv.interface.one_world import OneWorld
from reachenv.perturb import BodyVariation, Perturbation
from reachenv.schema import CONTROL_DT
from reachenv.sim import Sim

if TYPE_CHECKING:
    from reachenv.drawing.render import Renderer

FPS = round(1 / CONTROL_DT)
METADATA: dict[str, Any] = {"render_modes": ["human", "rgb_array"], "render_fps": FPS}
OPTIONS = asked.OPTIONS
_USUAL = Perturbation()
_SPACES = ("single_action_space", "action_space", "single_observation_space", "observation_space")
_COPIED = ("_made", "seeds", "_asked_seed", "_spec", *_SPACES)


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
        max_episode_steps: truncate a trial after so many steps, as gymnasium's TimeLimit does; None or -1: never.

    A copy, pickled or deep, goes on like the original: same settings, mice, trial in progress and random numbers to come.
    Timing and Nerves may be given as the mappings that `spec.to_json()` makes of them.
    """

    _renderer: "Renderer | None" = None
    _window: Window | None = None
    _spec: EnvSpec | None = None

    _kind_of_info: type[info.Infos] = info.Infos

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
        max_episode_steps: int | None = None,
    ):
        self._made = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if num_envs < 1 or nthread < 1:
            raise ValueError(f"num_envs={num_envs} and nthread={nthread}; both must be at least 1.")
        if max_episode_steps not in (None, -1) and not (isinstance(max_episode_steps, int) and max_episode_steps >= 1):
            raise ValueError(
                f"max_episode_steps={max_episode_steps!r}; it must be None, -1 or an integer of at least 1."
            )
        if render_mode not in (None, *METADATA["render_modes"]):
            raise ValueError(f"render_mode={render_mode!r} is unknown; choose None, 'human' or 'rgb_array'.")
        if render_mode == "human":
            check_screen()
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**copy.deepcopy(METADATA), "autoreset_mode": self.autoreset_mode}
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
        self._infos = self._kind_of_info(num_envs, tuple(self._terms))
        self._generators: list[np.random.Generator] = []
        self.seeds: list[int] = []
        self._asked_seed: int | None = None
        self._limit = max_episode_steps if max_episode_steps not in (None, -1) else None
        self._obs = np.zeros((num_envs, n_obs))
        self._done = np.ones(num_envs, bool)  # a world is done until it is reset
        self._nobody, self._everybody = np.zeros(num_envs, bool), np.ones(num_envs, bool)
        self._changed = np.zeros(num_envs, bool)  # whose trial is perturbed
        self._action = np.zeros((num_envs, size))
        self._total = np.array(self.timing.total - 1e-9)
        self.threads_lost = False
        if nthread > 1:
            forks.has_threads(self)

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
        return {name: getattr(self, name) for name in _COPIED} | {"_state": self.get_state()}

    def __setstate__(self, known: dict[str, Any]) -> None:
        type(self).__init__(self, **known["_made"])
        for name in _COPIED:
            setattr(self, name, known[name])
        self.set_state(known["_state"])

    @property
    def spec(self) -> EnvSpec | None:
        """How to make this environment again, and after how many steps its trials end."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = specs.known(spec, self.timing.steps)

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]  # as SyncVectorEnv
        """The random numbers of each world."""
        self._seed(None, np.arange(self.num_envs))
        return tuple(self._generators)

    @property
    def np_random_seed(self) -> int | tuple[int, ...]:  # type: ignore[override]  # as SyncVectorEnv
        """The seed that reset was given; where it was given none, or one for each world, the seeds of all worlds."""
        self._seed(None, np.arange(self.num_envs))
        return tuple(self.seeds) if self._asked_seed is None else self._asked_seed

    @property
    def rest_action(self) -> np.ndarray:
        """(action_size,) what holds the paw where it rests when a trial begins; mice differ little."""
        return self.sim.rest_action()

    @property
    def fallen(self) -> np.ndarray:
        """(N,) bool: the pellet is off its cup and lies, or is held, below it."""
        return self.trials.gone & ~self.trials.eaten & self.sim.below_cup()

    @property
    def outcome(self) -> list[str]:
        """How the trial of every world has gone so far, one of reachenv.OUTCOMES each."""
        return [str(word) for word in self.trials.outcome()]

    def world(self, number: int) -> OneWorld:
        """One of the worlds, under the names that the single environment has."""
        if not 0 <= number < self.num_envs:
            raise ValueError(f"There is no world {number}; there are worlds 0 to {self.num_envs - 1}.")
        return OneWorld(self, number)

    # -- reset ------------------------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a trial in every world, or in those of options["reset_mask"].

        Args:
            seed: world i gets seed + i, or seed[i]; None goes on with the world's own random numbers.
            options: any of OPTIONS. "perturbation" is one Perturbation for all worlds or one for each; its fields may
                also be given by name. They hold for the trial that begins and no longer, also where the next begins
                by itself: see reachenv.env.PelletReachEnv.

        Returns:
            observations (N, n_obs) float32, info.
        """
        self._check_threads()
        mask, perturbations = asked.reset(options, self.num_envs)
        ids = np.flatnonzero(mask)
        self._seed(seed, ids)
        self._changed[ids] = [p != _USUAL for p in perturbations]
        self.sim.variation.perturb(ids, perturbations)
        self._begin(ids)
        if self.render_mode == "human":
            self.render()
        return self._obs.astype(np.float32), self._infos.of(self.trials, mask)

    def _seed(self, seed: int | Sequence[int | None] | None, ids: np.ndarray) -> None:
        given = asked.seeds(seed, self.num_envs)
        if not self._generators:
            pairs = [seeding.np_random(None) for _ in range(self.num_envs)]
            self._generators, self.seeds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        for i in ids:
            number = given[i]
            if number is not None:
                self._generators[i], self.seeds[i] = seeding.np_random(number)
        if seed is not None:
            self._asked_seed = given[0] if isinstance(seed, (int, np.integer)) and len(ids) == self.num_envs else None

    def _begin_by_itself(self, ids: np.ndarray) -> None:
        """Begin the next trial of worlds that ended; options of reset were for the one before."""
        changed = ids[self._changed[ids]]
        if len(changed):
            self.sim.variation.perturb(changed, [_USUAL] * len(changed))
            self._changed[changed] = False
        self._begin(ids)

    def _check_threads(self) -> None:
        if self.threads_lost:
            raise forks.lost_threads_error(self._made["nthread"])

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
        self._check_threads()
        bodies = list(bodies)
        if not all(isinstance(given, BodyVariation) for given in bodies):
            raise ValueError(f"The bodies are {bodies!r}; each must be a reachenv.BodyVariation.")
        self.sim.set_bodies(bodies)
        self._done[:] = True

    def set_body(self, world: int, body: BodyVariation) -> None:
        """Give one world another mouse; reset all worlds before the next step."""
        bodies = list(self.sim.variation.bodies)
        bodies[world] = body
        self.set_bodies(bodies)

    # -- step -------------------------------------------------------------------------------------------------------

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Advance every world by 10 ms.

        Args:
            actions: (N, action_size), clipped to [-1, 1].

        Returns:
            observations (N, n_obs) float32, rewards (N,), terminated (N,), truncated (N,), False unless there is a limit
            of steps, and info: see reachenv.env.PelletReachEnv.
        """
        actions = asked.actions(actions, self._action.shape)
        self._check_threads()
        n_ended = np.count_nonzero(self._done)
        ended = self._done.copy() if n_ended else self._nobody
        if n_ended and self.autoreset_mode != AutoresetMode.NEXT_STEP:
            raise RuntimeError("A trial has ended, or none has begun: call reset() before step().")
        if not self._generators:
            raise RuntimeError("No trial has begun: call reset() before step().")
        if n_ended == self.num_envs:
            self._begin_by_itself(np.arange(self.num_envs))
            zeros, told = np.zeros(self.num_envs), self._infos.of(self.trials, self._everybody)
            return self._obs.astype(np.float32), zeros, ended & False, ended & False, told

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
        truncated = self._truncated()
        if n_ended:
            terminated &= ~ended
            truncated &= ~ended
            reward[ended] = 0.0
            terms = {name: np.where(ended, 0.0, term) for name, term in terms.items()}
        resets: dict[str, Any] = {}
        over = terminated | truncated
        if np.count_nonzero(over):
            if self.autoreset_mode == AutoresetMode.SAME_STEP:
                final, last = self._infos.of(self.trials, over, terms), self._obs.astype(np.float32)
                self._begin_by_itself(np.flatnonzero(over))
                terms = {name: np.where(over, 0.0, term) for name, term in terms.items()}
                resets = {"final_obs": last, "_final_obs": over, "final_info": final, "_final_info": over.copy()}
            else:
                self._done |= over
        if n_ended:  # next-step autoreset of worlds that are out of phase with the others
            self._begin_by_itself(np.flatnonzero(ended))
        told = self._infos.of(self.trials, self._everybody, terms) | resets
        if self.render_mode == "human":
            self.render()
        return self._obs.astype(np.float32), reward, terminated, truncated, told

    def _truncated(self) -> np.ndarray:
        if self._limit is None:
            return np.zeros(self.num_envs, bool)
        return self.sim.time >= self._limit * CONTROL_DT - 1e-9

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

    # -- to look at -------------------------------------------------------------------------------------------------

    def qpos(self, world: int | None = None) -> np.ndarray:
        """Generalised positions (N, nq), or those of one world (nq,): a copy, which reachenv.drawing.render can draw."""
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
            from reachenv.drawing.render import Renderer  # needs GL, which stepping does not

            self._renderer = Renderer()
        return tuple(self._renderer.frame(q) for q in self.sim.qpos())

    def close_extras(self, **kwargs: Any) -> None:
        for drawn_by in (self._renderer, self._window):
            if drawn_by is not None:
                drawn_by.close()
        self._renderer = self._window = None
