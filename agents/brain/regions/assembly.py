"""All regions together: what a brain is at one moment, and one update of it in the order in which regions reach each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch import Tensor

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions import release
from reachenv.agents.brain.regions.decision import Decision, DecisionState
from reachenv.agents.brain.regions.event_cells import EventCells, EventCellState
from reachenv.agents.brain.regions.exploration import Exploration, ExplorationState
from reachenv.agents.brain.regions.ganglia import TEMPO, Ganglia, GangliaState
from reachenv.agents.brain.regions.layer5 import Layer5, Layer5State
from reachenv.agents.brain.regions.layer23 import AXONS, Layer23, Layer23State, Output, rest_rates
from reachenv.agents.brain.regions.midbrain import Learn, Midbrain, MidbrainState
from reachenv.agents.brain.regions.release import ReleaseState
from reachenv.agents.brain.state import State

if TYPE_CHECKING:
    from reachenv.agents.brain.effects import Effects, Now
    from reachenv.agents.brain.noise import Silence, TrialNoise


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


class Update(NamedTuple):
    """What one update leaves for learning. before (B, N): rates of layer 2-3 that everything in it followed; sent: what these sent.

    rates (populations, B, C, 2): of the circuit. departure (B, A): of layer 5 from its posture [command].
    """

    before: np.ndarray
    sent: Output
    rates: np.ndarray
    departure: np.ndarray


class Assembly:
    """The regions of a brain: numbers alone, no activity. where: name → where a sense lies in an observation. dt: brain update [s]."""

    def __init__(self, p: LoopParams, where: Mapping[str, slice], dt: float):
        self._tone, self._cells, self._rest = where["tone"].start, p.cortex.units, p.ganglia.striatal_weight
        self.decision, self.exploration = Decision(p.ganglia, dt), Exploration(p.ganglia)
        self.ganglia, self.layer5, self.layer23 = Ganglia(p.ganglia, dt), Layer5(p, dt), Layer23(p, dt)
        self.events, self.midbrain = EventCells(p.events, where, dt), Midbrain(p.dopamine, where, dt)

    def begin(
        self,
        birth: Mapping[str, Tensor],
        weights: Mapping[str, Tensor],
        aim: np.ndarray,
        reward_rate: Tensor,
        noise: TrialNoise | Silence,
        arriving: Mapping[str, np.ndarray],
    ) -> Activity:
        """A trial's start. birth: see `mouse.individual`; weights (B, post, pre) of every plastic projection, by its name.

        aim (B, A): see `Layer5State`; reward_rate (B,); arriving: share of dopamine (B,) that arrives, by target.
        """
        posture = weights["m1_l23>m1_l5"]
        # Fast-spiking cells hear the same cortex and take away what resting weights would bring (Koos & Tepper 1999).
        d1, d2 = weights["m1_l23>d1"] - self._rest, weights["m1_l23>d2"] - self._rest
        held = (posture * rest_rates(birth)[:, None]).sum(-1).numpy()
        return Activity(
            decision=self.decision.begin(noise.readiness),
            exploration=self.exploration.begin(reward_rate),
            ganglia=self.ganglia.begin(len(aim)),
            layer5=self.layer5.begin(held, aim),
            layer23=self.layer23.begin(birth, {"m1_l5": posture, "d1": d1, "d2": d2, "gate": birth["gate"]}),
            events=self.events.begin(birth["event_rate"].numpy(), weights["senses>m1_events"].numpy()),
            midbrain=self.midbrain.begin(weights["senses>critic"].numpy()[:, 0]),
            release=release.begin(arriving),
        )

    def expect(
        self, now: Activity, sense: np.ndarray, reward: np.ndarray, clock: int, at: Now | None, learn: Learn | None
    ) -> None:
        """Critic, dopamine cells, and what arrives of their dopamine: the first half of an update; see `step`.

        reward (B,): of the update before. learn: how the critic learns, None where it does not.
        """
        self.midbrain.step(now.midbrain, sense, reward, clock == 0, learn)
        release.step(now.release, now.midbrain.vta, at.dopamine if at else None)

    def step(
        self,
        now: Activity,
        sense: np.ndarray,
        noise: TrialNoise | Silence,
        clock: int,
        effects: Effects | None,
        at: Now | None,
    ) -> Update:
        """Cortex and basal ganglia: the second half. sense (B, S); clock: updates before this one.

        effects: interventions of the trial, at: their factors now; None where there are none.
        """
        drift, cell_noise = noise.at(clock)
        vigour, before = effects.vigour if effects else None, now.layer23.rates
        self.decision.step(now.decision, sense[:, self._tone])
        sent = self.layer23.output(now.layer23)
        push = self.exploration.push(now.exploration, sent.plan, noise.reach, drift)
        drive = self.ganglia.drive(sent, push, noise.cortex, now.decision.go)
        rates = self.ganglia.step(now.ganglia, drive, clock, effects, at)
        loops = self.ganglia.read(rates, now.decision.go)
        departure = self.layer5.departure(now.layer5, loops.bias, sent.plan, noise.layer5)
        self.layer5.step(now.layer5, sent.posture, sent.total, departure, vigour)
        tempo = loops.bias[:, TEMPO : TEMPO + 1]
        self.layer23.step(now.layer23, sense, cell_noise[:, : self._cells], tempo, loops.go, vigour)
        self.events.step(now.events, sense, cell_noise[:, self._cells :])
        if at:
            now.layer23.rates *= at.l23
            now.events.rates *= at.l23
        return Update(before, sent, rates, departure)

    def rewire(self, now: Activity, target: str, weights: np.ndarray) -> None:
        """Weights (B, post, pre) that changed within a trial, onto m1_l5, d1, d2 or m1_events: they hold from the next update on."""
        if target == "m1_events":
            now.events.weights = weights
        else:
            now.layer23.axons[:, AXONS[target]] = weights if target == "m1_l5" else weights - self._rest

    def tap(self, now: Activity, name: str, clock: int) -> np.ndarray:
        """Activity (B, cells) of an area of `agents.brain.areas` after `clock` updates, a copy."""
        if name == "m1_l23":  # all of the layer: cells of the reach, then event cells
            return np.concatenate([now.layer23.rates, now.events.rates], 1)
        found: dict[str, Callable[[], np.ndarray]] = {
            "m1_l5": lambda: now.layer5.rates,
            "vta": lambda: now.midbrain.vta,
            "rpe": lambda: now.midbrain.rpe,
            "value": lambda: now.midbrain.value,
            "exploration": lambda: now.exploration.size,
            "dopamine_m1": lambda: now.midbrain.vta * now.release.share["m1"],
            "dopamine_striatum": lambda: now.midbrain.vta * now.release.share["striatum"],
        }
        nucleus = self.ganglia.row.get(name.removeprefix("striatum_"))
        rates = found[name]() if nucleus is None else self.ganglia.rates(now.ganglia, clock)[nucleus]
        return np.array(rates).reshape(len(rates), -1)
