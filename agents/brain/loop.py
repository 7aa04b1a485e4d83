"""The assembled cortex - basal ganglia - thalamus loop, many mice at once: a `Brain` of `reachenv.agents.protocol`.

One call of `step` is one brain update (10 ms): senses in, descending command out. Between trials `end_trial` lets synapses change;
between sessions a night passes. Every array has the mice first, and no mouse's numbers depend on another's. What each region
computes stands in `regions`, what learns in `learning`, who reaches whom in `wiring`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from reachenv.agents.brain.areas import areas
from reachenv.agents.brain.course import Course
from reachenv.agents.brain.describe import describe
from reachenv.agents.brain.effects import arriving, effects_of
from reachenv.agents.brain.learning.defaults import rules_of
from reachenv.agents.brain.learning.rule import LearningRule, Moment
from reachenv.agents.brain.learning.synapses import Synapses
from reachenv.agents.brain.mouse import MouseSeed, Novice, born, default_novice, sites
from reachenv.agents.brain.noise import Silence, TrialNoise
from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.agents.brain.regions import release
from reachenv.agents.brain.regions.assembly import Assembly
from reachenv.agents.brain.regions.ganglia import C
from reachenv.agents.brain.variants import VARIANTS
from reachenv.agents.checkpoint import fits
from reachenv.agents.interventions import Intervention
from reachenv.agents.protocol import Description, find_area, recordable, what_can_be_done
from reachenv.schema import CONTROL_DT

NEEDED = ("tone", "pellet", "touch", "taste")  # senses


class Loop:
    """B mice with a brain each.

    Args:
        sense_slices: name → where a sense lies in an observation; NEEDED must be there.
        action_size: length of a command, that of ACTIONS.
        mice: birth seed of each mouse.
        params: every number of the brain.
        dt: brain update [s].
        novice: what mice start from, one for all or one each; default the shipped one.
        rules: projection (source>target of the wiring table) → learning rule in place of the shipped one; see `learning.rule`.

    Attributes:
        learn: whether synapses change. False freezes every synapse and nothing else.
        birth: what mice are born with, name → (B, ...); see `mouse.individual`.
        memory: what each carries from trial to trial, name → (B, ...) float32: entries of the learning rules, and reward_rate (B,),
            average reward [of a trial]; day_dopamine (B,), sum over the day's trials of dopamine in M1 [firing of VTA]; day_trials (B,).
        activity: what changes within a trial; `activity.layer23.rates` (B, N), and so on.
        session, trial: from 1; 0 before the first trial of a session.
        areas: what can be recorded and intervened on.
    """

    def __init__(
        self,
        sense_slices: Mapping[str, slice],
        action_size: int,
        mice: Sequence[MouseSeed],
        params: LoopParams = LoopParams(),  # noqa: B008 frozen
        dt: float = CONTROL_DT,
        novice: Novice | Sequence[Novice] | None = None,
        rules: Mapping[str, LearningRule] | None = None,
    ):
        if action_size != len(ACTIONS):
            raise ValueError(f"the loop commands {len(ACTIONS)} numbers ({', '.join(ACTIONS)}), not {action_size}")
        missing = [s for s in NEEDED if s not in sense_slices]
        if missing:
            raise ValueError(f"the loop needs the senses {missing}; the world has {sorted(sense_slices)}")
        self.params, self.dt, self.mice, self.learn = params, dt, tuple(int(m) for m in mice), True
        self.slices, self.areas = dict(sense_slices), areas(params)
        self._recordable = {name: a.name for a in self.areas if a.cells for name in (a.name, *a.aliases)}
        novice = novice or default_novice()
        novices = [novice] * len(self.mice) if isinstance(novice, Novice) else list(novice)
        self._novice, self._rules = novices[0], dict(rules or {})
        self._aim = (params.reach_mm * np.stack([n.scale for n in novices])).astype(np.float32)
        self.birth = born(self.mice, novices, params, self.slices)
        self._synapses = Synapses(sites(self.birth, novices, params, dt), rules_of(params, rules))
        self.memory = self._synapses.born() | {
            "reward_rate": torch.tensor([n.reward_rate for n in novices]),
            "day_dopamine": torch.zeros(len(novices)),
            "day_trials": torch.zeros(len(novices)),
        }
        self._regions = Assembly(params, self.slices, dt)
        self._course, self._nothing = self._new_course(len(self.mice)), np.zeros(len(self.mice), np.float32)
        self.session = 0
        self._set_interventions([()] * len(self.mice), 1)
        self.begin_trial([0] * len(self.mice))

    # What it is ------------------------------------------------------------------------------------------------------

    variants = tuple(VARIANTS)

    @property
    def other_rules(self) -> tuple[str, ...]:
        """The projections whose learning rule is not the shipped one."""
        return tuple(self._rules)

    @property
    def rules(self) -> Mapping[str, LearningRule]:
        """The learning rule of every plastic projection."""
        return self._synapses.rules

    def describe(self) -> Description:
        """Name, version, parameters, structure: see `agents.brain.describe`."""
        return describe(self.params, self._rules, self._novice)

    def supports(self, intervention: Intervention) -> bool:
        """Whether the area that it names can be acted on so."""
        area = find_area(self.areas, intervention.target)
        return area is not None and intervention.effect.kind in area.effects

    # Between trials --------------------------------------------------------------------------------------------------

    def begin_session(
        self, session: int, interventions: Sequence[Sequence[Intervention]] | None = None, *, night: bool | None = None
    ) -> None:
        """Start session `session` (from 1) with each mouse's interventions; before any but the first, a night passes.

        night: whether one passes, where that is not for the session's number to say.
        """
        if session > 1 if night is None else night:
            self._sleep()
        self.resume_session(session, interventions)

    def resume_session(self, session: int, interventions: Sequence[Sequence[Intervention]] | None = None) -> None:
        """Go on within `session`: no night passes."""
        self._set_interventions(interventions or [()] * len(self.mice), session)

    def _set_interventions(self, interventions: Sequence[Sequence[Intervention]], session: int) -> None:
        if len(interventions) != len(self.mice):
            raise ValueError(f"interventions for {len(interventions)} mice were given, the loop has {len(self.mice)}")
        for one in (one for mouse in interventions for one in mouse if not self.supports(one)):
            raise ValueError(f"the loop cannot carry out {str(one)!r}; it can {what_can_be_done(self.areas)}")
        self.session, self.trial, self._interventions = session, 0, [tuple(mouse) for mouse in interventions]

    def _sleep(self) -> None:
        memory = self.memory
        if self.learn:
            level = memory["day_dopamine"] / memory["day_trials"].clamp(min=1.0) / self.params.dopamine.tonic
            self._synapses.night(memory, level)
        for name in ("day_dopamine", "day_trials"):
            memory[name] = torch.zeros_like(memory[name])

    def begin_trial(self, seeds: Sequence[int] | None) -> None:
        """Forget all activity and draw the trial's noise from its seed, one for each mouse; None is a trial without noise."""
        if seeds is not None and len(seeds) != len(self.mice):
            raise ValueError(f"{len(seeds)} trial seeds were given, the loop has {len(self.mice)} mice")
        b, circuit = len(self.mice), self._regions.ganglia
        self.trial += 1
        self._steps = 0
        self._open = arriving(self._interventions, self.session, self.trial)  # factor of dopamine, all trial long
        self._effects = effects_of(self._interventions, self.session, self.trial, circuit.circuit, circuit.planned(b))
        noise = self._silence(b) if seeds is None else self._noise(seeds)
        # Memory changes between trials, in torch; within one, weights and activity are numpy, several times as fast at this size.
        self._synapses.begin_trial(self.memory)
        weights, rate = self._synapses.weights(self.memory), self.memory["reward_rate"]
        self.activity = self._regions.begin(self.birth, weights, self._aim, rate, noise, self._open)
        self._background = self._regions.background(self.activity, noise)
        self._course.begin(self._regions.usual_dopamine(self.activity))

    def _noise(self, seeds: Sequence[int]) -> TrialNoise:
        layer23 = self._regions.layer23
        tufts, drift_tau = self.params.cortex.units, self.params.ganglia.drift_tau
        return TrialNoise(seeds, C, tufts, layer23.noise, layer23.resting_input, self.dt, drift_tau)

    def _silence(self, mice: int) -> Silence:
        return Silence(mice, C, self.params.cortex.units, self._regions.layer23.resting_input)

    def _new_course(self, mice: int, kept: bool = True) -> Course:
        p = self.params
        explored = p.skill_site == "layer23"
        return Course(mice, p.cortex.units, p.events.cells, self._regions.events.senses, explored, kept)

    # Within a trial --------------------------------------------------------------------------------------------------

    def step(self, obs: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """One brain update: senses (B, n_obs), reward (B,) of the update before → command (B, 5) in [-1, 1]."""
        regions, now, clock = self._regions, self.activity, self._steps
        sense, earned = np.asarray(obs, dtype=np.float32), np.asarray(reward, dtype=np.float32)
        learn = self._critic_learns if self.learn else None
        row, brought = self._course.row(clock), self._background.at(clock)
        regions.step(now, sense, earned, brought, clock, self._effects, learn, row)
        if self.learn and self._synapses.watching:
            self._show(self._course.moment(clock))
        self._steps += 1
        return regions.layer5.command(now.layer5)

    def _show(self, moments: Mapping[str, Moment]) -> None:
        """Let rules see a moment; where they change weights within the trial, these hold from the next brain update on."""
        for name in self._synapses.watching:
            changed = self._synapses.step(name, self.memory, moments[name])
            if changed is not None:
                self._regions.rewire(self.activity, name.partition(">")[2], changed.numpy())

    def _critic_learns(self, before: np.ndarray, rpe: np.ndarray) -> np.ndarray | None:
        """Let the critic's rule see what was there: features before (B, F), prediction error (B,). Its new weights (B, F), if any."""
        value, nothing = self.activity.midbrain.value, self._nothing
        changed = self._synapses.critic_step(
            self.memory, Moment(before, value[:, None], rpe, nothing, nothing[:, None])
        )
        return None if changed is None else changed.numpy()[:, 0]

    def end_trial(self, reward: np.ndarray) -> dict[str, np.ndarray]:
        """Take the last update's reward (B,), let synapses change, and return how it went: arrays (B,)."""
        mid, arriving, m = self.activity.midbrain, self.activity.release, self.memory
        at = self._effects.at(self._steps * self.dt) if self._effects else None
        with torch.no_grad():
            earned = np.asarray(reward, dtype=np.float32)
            self._regions.midbrain.end(mid, earned, self._steps == 0, self._critic_learns if self.learn else None)
            release.step(arriving, mid.vta, at.dopamine if at else None)
            arrived = release.mean(arriving, self._steps)
            if self.learn:
                self._synapses.end_trial(m, self._course.moments(self._steps))
                above = torch.from_numpy(mid.earned) - m["reward_rate"]
                m["reward_rate"] += above / self.params.dopamine.reward_rate_trials
                m["day_dopamine"] += torch.from_numpy(arrived["m1"])
                m["day_trials"] += 1.0
        return {
            "reward": mid.earned.copy(),
            "rpe": mid.earned - mid.value_at_tone,
            "value_at_tone": mid.value_at_tone.copy(),
            "exploration": self.activity.exploration.size.copy(),
            "dopamine_m1": arrived["m1"],
            "dopamine_striatum": arrived["striatum"],
        }

    # What can be watched and kept ------------------------------------------------------------------------------------

    def tap(self, area: str) -> np.ndarray:
        """Activity now of an area that has cells, (B, cells), a copy. ValueError lists the areas for one that has none."""
        name = self._recordable.get(area)
        if name is None:
            raise ValueError(f"{area!r} cannot be recorded; there is {', '.join(recordable(self.areas))}")
        return self._regions.tap(self.activity, name, self._steps)

    def taps(self, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Activity now of these areas, or of all that can be recorded: see `tap`."""
        return {name: self.tap(name) for name in (recordable(self.areas) if names is None else names)}

    def state(self, i: int, whole: bool = False) -> dict[str, np.ndarray]:
        """All that mouse `i` carries from trial to trial; `whole` adds what it was born with."""
        parts = self.memory | ({f"birth.{k}": v for k, v in self.birth.items()} if whole else {})
        return {name: value[i].numpy().copy() for name, value in parts.items()}

    def set_state(self, i: int, state: Mapping[str, np.ndarray]) -> None:
        """Give mouse `i` what `state` returned; ValueError if a type or shape does not fit, or a number is not finite."""
        parts = dict(self.memory)
        if any(name.startswith("birth.") for name in state):
            parts |= {f"birth.{k}": v for k, v in self.birth.items()}
        fits(state, {name: value[i] for name, value in parts.items()})
        for name, value in parts.items():
            value[i] = torch.from_numpy(np.asarray(state[name]))

    def fork(self, mice: Sequence[int] | None = None) -> Loop:
        """An independent copy of some mice (indices, repeats allowed; default all) with their activity; it does not learn."""
        rows = np.arange(len(self.mice)) if mice is None else np.array(mice, int)
        other = copy.copy(self)
        other.learn, other.mice = False, tuple(self.mice[i] for i in rows.tolist())
        other.birth, other.memory = ({k: v[rows] for k, v in part.items()} for part in (self.birth, self.memory))
        other.activity, other._synapses, other._aim = self.activity[rows], self._synapses[rows], self._aim[rows]
        other._interventions = [self._interventions[i] for i in rows.tolist()]
        other._open = {target: share[rows] for target, share in self._open.items()}
        other._effects = self._effects and self._effects.pick(rows.tolist())
        other._course, other._background = self._new_course(len(rows), kept=False), copy.copy(self._background)
        other._course.begin(self._regions.usual_dopamine(other.activity))
        if mice is not None:
            other._regions.hush(other.activity)
            other._background = self._regions.background(other.activity, self._silence(len(rows)))
        return other
