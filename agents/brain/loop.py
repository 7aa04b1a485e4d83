"""The assembled cortex - basal ganglia - thalamus loop, many mice at once: a `Brain` of `reachenv.agents.protocol`.

One call of `step` is one brain update (10 ms): senses in, descending command out. Between trials `end_trial` lets synapses change;
between sessions a night passes. Every array has the mice first, and no mouse's numbers depend on another's. What each region
computes stands in `regions`, what learns in `learning`, who reaches whom in `wiring`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from reachenv.agents.brain.areas import areas
from reachenv.agents.brain.describe import describe
from reachenv.agents.brain.effects import Now, arriving, check, effects_of
from reachenv.agents.brain.learning.defaults import rules_of
from reachenv.agents.brain.learning.rule import LearningRule, Moment
from reachenv.agents.brain.learning.synapses import Synapses
from reachenv.agents.brain.mouse import MouseSeed, Novice, born, default_novice, sites
from reachenv.agents.brain.noise import Silence, TrialNoise
from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.agents.brain.regions import release
from reachenv.agents.brain.regions.decision import Decision, DecisionState
from reachenv.agents.brain.regions.event_cells import EventCells, EventCellState
from reachenv.agents.brain.regions.exploration import Exploration, ExplorationState
from reachenv.agents.brain.regions.ganglia import TEMPO, C, Ganglia, GangliaState
from reachenv.agents.brain.regions.layer5 import Layer5, Layer5State
from reachenv.agents.brain.regions.layer23 import AXONS, Layer23, Layer23State, Output, rest_rates
from reachenv.agents.brain.regions.midbrain import Midbrain, MidbrainState
from reachenv.agents.brain.regions.release import ReleaseState
from reachenv.agents.brain.state import State
from reachenv.agents.brain.variants import VARIANTS
from reachenv.agents.interventions import Intervention
from reachenv.agents.protocol import Description, find_area, recordable
from reachenv.schema import CONTROL_DT

NEEDED = ("tone", "pellet", "touch", "taste")  # senses


@dataclass(slots=True)
class Activity(State):
    """All that changes within a trial, region by region; see each state for shapes and units."""

    decision: DecisionState
    exploration: ExplorationState
    ganglia: GangliaState
    layer5: Layer5State
    layer23: Layer23State
    events: EventCellState
    midbrain: MidbrainState
    release: ReleaseState


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
        self._decision, self._exploration = Decision(params.ganglia, dt), Exploration(params.ganglia)
        self._ganglia, self._layer5, self._layer23 = (
            Ganglia(params.ganglia, dt),
            Layer5(params, dt),
            Layer23(params, dt),
        )
        self._events, self._midbrain = (
            EventCells(params.events, self.slices, dt),
            Midbrain(params.dopamine, self.slices, dt),
        )
        self.session = 0
        self._set_interventions([()] * len(self.mice), 1)
        self.begin_trial([0] * len(self.mice))

    # What it is ------------------------------------------------------------------------------------------------------

    variants = tuple(VARIANTS)

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
        self, session: int, interventions: Sequence[Sequence[Intervention]] | None = None, night: bool | None = None
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
        check(interventions, self._ganglia.circuit)
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
        b, g, birth = len(self.mice), self.params.ganglia, self.birth
        cells = self.params.cortex.units + self.params.events.cells
        self.trial += 1
        self._steps = 0
        self._open = arriving(self._interventions, self.session, self.trial)  # factor of dopamine, all trial long
        self._effects = effects_of(
            self._interventions, self.session, self.trial, self._ganglia.circuit, self._ganglia.planned(b)
        )
        self._noise = Silence(b, C, cells) if seeds is None else TrialNoise(seeds, C, cells, self.dt, g.drift_tau)
        # Memory changes between trials, in torch; within one, weights and activity are numpy, several times as fast at this size.
        self._synapses.begin_trial(self.memory)
        weights = self._synapses.weights(self.memory)
        held = (weights["m1_l23>m1_l5"] * rest_rates(birth)[:, None]).sum(-1).numpy()
        onto = {
            "m1_l5": weights["m1_l23>m1_l5"],
            # Fast-spiking cells hear the same cortex and take away what resting weights would bring (Koos & Tepper 1999).
            "d1": weights["m1_l23>d1"] - g.striatal_weight,
            "d2": weights["m1_l23>d2"] - g.striatal_weight,
            "gate": birth["gate"],
        }
        self.activity = Activity(
            decision=self._decision.begin(self._noise.readiness),
            exploration=self._exploration.begin(self.memory["reward_rate"]),
            ganglia=self._ganglia.begin(b),
            layer5=self._layer5.begin(held, self._aim),
            layer23=self._layer23.begin(birth, onto),
            events=self._events.begin(birth["event_rate"].numpy(), weights["events>m1_events"].numpy()),
            midbrain=self._midbrain.begin(weights["expected>critic"].numpy()[:, 0]),
            release=release.begin(self._open),
        )

    # Within a trial --------------------------------------------------------------------------------------------------

    def step(self, obs: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """One brain update: senses (B, n_obs), reward (B,) of the update before → command (B, 5) in [-1, 1]."""
        sense, now = np.asarray(obs, dtype=np.float32), self.activity
        at = self._effects.at(self._steps * self.dt) if self._effects else None
        earned = np.asarray(reward, dtype=np.float32)
        self._midbrain.step(now.midbrain, sense, earned, self._steps == 0, self._critic_learns)
        release.step(now.release, now.midbrain.vta, at.dopamine if at else None)
        self._act(sense, at)
        self._steps += 1
        return self._layer5.command(now.layer5)

    def _act(self, sense: np.ndarray, at: Now | None) -> None:
        """All regions but the midbrain, in the order in which they reach each other. at: factors of interventions."""
        now, noise, effects = self.activity, self._noise, self._effects
        drift, cell_noise = noise.at(self._steps)
        vigour = effects.vigour if effects else None

        self._decision.step(now.decision, sense[:, self.slices["tone"].start])
        sent = self._layer23.output(now.layer23)
        push = self._exploration.push(now.exploration, sent.plan, noise.reach, drift)
        drive = self._ganglia.drive(sent, push, noise.cortex, now.decision.go)
        rates = self._ganglia.step(now.ganglia, drive, self._steps, effects, at)
        loops = self._ganglia.read(rates, now.decision.go)
        departure = self._layer5.departure(now.layer5, loops.bias, sent.plan, noise.layer5)
        self._layer5.step(now.layer5, sent.posture, sent.total, departure, vigour)
        before, n = now.layer23.rates, self.params.cortex.units
        tempo = loops.bias[:, TEMPO : TEMPO + 1]
        self._layer23.step(now.layer23, sense, cell_noise[:, :n], tempo, loops.go, vigour)
        self._events.step(now.events, sense, cell_noise[:, n:])
        if at:
            now.layer23.rates *= at.l23
            now.events.rates *= at.l23
        if self.learn:
            self._tag(before, sent, departure, rates)

    def _tag(self, before: np.ndarray, sent: Output, departure: np.ndarray, rates: np.ndarray) -> None:
        """Show every rule but the critic's what is there at its synapses. before (B, N): layer 2-3 that everything here followed."""
        now, row, tonic = self.activity, self._ganglia.row, self.params.dopamine.tonic
        m1, striatum = now.release.share["m1"], now.release.share["striatum"]
        in_m1 = now.midbrain.vta * m1, tonic * m1, sent.plan
        in_striatum = now.midbrain.vta * striatum, tonic * striatum, sent.plan
        d1, d2 = rates[row["d1"]], rates[row["d2"]]
        self._show("m1_l23>d1", Moment(before, 0.5 * (d1[..., 0] - d1[..., 1]), *in_striatum))
        self._show("m1_l23>d2", Moment(before, 0.5 * (d2[..., 0] - d2[..., 1]), *in_striatum))
        self._show("m1_l23>m1_l5", Moment(before, departure, *in_m1))
        self._show("events>m1_events", Moment(now.events.heard, now.events.rates, *in_m1))

    def _show(self, name: str, moment: Moment) -> None:
        """Let a rule see a moment; where it changes weights within the trial, they hold from the next brain update on."""
        changed = self._synapses.step(name, self.memory, moment)
        if changed is None:
            return
        target = name.partition(">")[2]
        if target == "m1_events":
            self.activity.events.weights = changed.numpy()
        else:
            rest = 0.0 if target == "m1_l5" else self.params.ganglia.striatal_weight
            self.activity.layer23.axons[:, AXONS[target]] = (changed - rest).numpy()

    def _critic_learns(self, before: np.ndarray, rpe: np.ndarray) -> np.ndarray | None:
        """Let the critic's rule see what was there: features before (B, F), prediction error (B,). Its new weights (B, F), if any."""
        if not self.learn:
            return None
        zero, value = np.zeros(len(rpe), np.float32), self.activity.midbrain.value
        moment = Moment(before, value[:, None], rpe, zero, zero[:, None])
        changed = self._synapses.step("expected>critic", self.memory, moment)
        return None if changed is None else changed.numpy()[:, 0]

    def end_trial(self, reward: np.ndarray) -> dict[str, np.ndarray]:
        """Take the last update's reward (B,), let synapses change, and return how it went: arrays (B,)."""
        mid, arriving, m = self.activity.midbrain, self.activity.release, self.memory
        at = self._effects.at(self._steps * self.dt) if self._effects else None
        with torch.no_grad():
            self._midbrain.end(mid, np.asarray(reward, dtype=np.float32), self._steps == 0, self._critic_learns)
            release.step(arriving, mid.vta, at.dopamine if at else None)
            arrived = release.mean(arriving, self._steps)
            if self.learn:
                self._synapses.end_trial(m)
                earned = torch.from_numpy(mid.earned) - m["reward_rate"]
                m["reward_rate"] += earned / self.params.dopamine.reward_rate_trials
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
        found = find_area(self.areas, area)
        if found is None or not found.cells:
            raise ValueError(f"{area!r} cannot be recorded; there is {', '.join(recordable(self.areas))}")
        now, name = self.activity, found.name
        if name == "m1_l23":  # all of the layer: cells of the reach, then event cells
            return np.concatenate([now.layer23.rates, now.events.rates], 1)
        numbers: dict[str, Callable[[], np.ndarray]] = {
            "m1_l5": lambda: now.layer5.rates,
            "vta": lambda: now.midbrain.vta,
            "rpe": lambda: now.midbrain.rpe,
            "value": lambda: now.midbrain.value,
            "exploration": lambda: now.exploration.size,
            "dopamine_m1": lambda: now.midbrain.vta * now.release.share["m1"],
            "dopamine_striatum": lambda: now.midbrain.vta * now.release.share["striatum"],
        }
        if name in numbers:
            return np.array(numbers[name]()).reshape(len(self.mice), -1)
        row = self._ganglia.row[name.removeprefix("striatum_")]
        return self._ganglia.rates(now.ganglia, self._steps)[row].reshape(len(self.mice), -1).copy()

    def taps(self, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Activity now of these areas, or of all that can be recorded: see `tap`."""
        return {name: self.tap(name) for name in (recordable(self.areas) if names is None else names)}

    def state(self, i: int, whole: bool = False) -> dict[str, np.ndarray]:
        """All that mouse `i` carries from trial to trial; `whole` adds what it was born with."""
        parts = self.memory | ({f"birth.{k}": v for k, v in self.birth.items()} if whole else {})
        return {name: value[i].numpy().copy() for name, value in parts.items()}

    def set_state(self, i: int, state: Mapping[str, np.ndarray]) -> None:
        """Give mouse `i` what `state` returned; ValueError if it does not fit."""
        parts = dict(self.memory)
        if any(name.startswith("birth.") for name in state):
            parts |= {f"birth.{k}": v for k, v in self.birth.items()}
        for name, value in parts.items():
            if name not in state or state[name].shape != tuple(value[i].shape):
                found = state[name].shape if name in state else "nothing"
                raise ValueError(f"state {name!r}: found {found}, expected an array of shape {tuple(value[i].shape)}")
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
        if mice is not None:
            other._noise = Silence(len(rows), C, self.params.cortex.units + self.params.events.cells)
        return other
