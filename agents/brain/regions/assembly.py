"""All regions together: what a brain is at one moment, and one update of it in the order in which regions reach each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.regions import release
from reachenv.agents.brain.regions.background import Background, Brought
from reachenv.agents.brain.regions.decision import Decision, DecisionState
from reachenv.agents.brain.regions.event_cells import EventCells, EventCellState
from reachenv.agents.brain.regions.exploration import Exploration, ExplorationState
from reachenv.agents.brain.regions.ganglia import IT, TEMPO, Ganglia, GangliaState
from reachenv.agents.brain.regions.layer5 import Layer5, Layer5State
from reachenv.agents.brain.regions.layer23 import AXONS, CUT, Layer23, Layer23State, rest_rates
from reachenv.agents.brain.regions.midbrain import Learn, Midbrain, MidbrainState
from reachenv.agents.brain.regions.release import ReleaseState
from reachenv.agents.brain.regions.tufts import Tufts, TuftState
from reachenv.agents.brain.state import HALF, ONE, ZERO, State

if TYPE_CHECKING:
    from reachenv.agents.brain.course import Row
    from reachenv.agents.brain.effects import Effects
    from reachenv.agents.brain.noise import Silence, TrialNoise


@dataclass(slots=True)
class Activity(State):
    """All that changes within a trial, region by region; see each state for shapes and units."""

    decision: DecisionState
    exploration: ExplorationState
    ganglia: GangliaState
    layer5: Layer5State
    layer23: Layer23State
    tufts: TuftState
    events: EventCellState
    midbrain: MidbrainState
    release: ReleaseState


class Assembly:
    """The regions of a brain: numbers alone, no activity. where: name → where a sense lies in an observation. dt: brain update [s]."""

    def __init__(self, p: LoopParams, where: Mapping[str, slice], dt: float):
        self._dt, self._tone, self._rest = dt, where["tone"].start, p.ganglia.striatal_weight
        self.decision, self.exploration = Decision(p.ganglia, dt), Exploration(p.ganglia)
        self.ganglia, self.layer5, self.layer23 = Ganglia(p.ganglia, dt), Layer5(p, dt), Layer23(p, where, dt)
        self.tufts, self._skill_in_layer23 = Tufts(p), p.skill_site == "layer23"
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
        """A trial's start. birth: see `mouse.individual`; weights (B, post, pre) of every projection that can learn, by its name.

        aim (B, A): see `Layer5.begin`; reward_rate (B,); arriving: share of dopamine (B,) that arrives, by target.
        """
        posture = weights["m1_l23>m1_l5"]
        # Fast-spiking cells hear the same cortex and take away what resting weights would bring (Koos & Tepper 1999).
        d1, d2 = weights["m1_l23>d1"] - self._rest, weights["m1_l23>d2"] - self._rest
        held = (posture * rest_rates(birth)[:, None]).sum(-1).numpy()
        return Activity(
            decision=self.decision.begin(noise.readiness),
            exploration=self.exploration.begin(reward_rate),
            ganglia=self.ganglia.begin(len(aim)),
            layer5=self.layer5.begin(held, aim, noise.m1),
            layer23=self.layer23.begin(birth, {"m1_l5": posture, "d1": d1, "d2": d2, "gate": birth["gate"]}),
            tufts=self.tufts.begin(birth["apical"].numpy(), noise.tufts, weights["m1_l23>m1_l23"].numpy()),
            events=self.events.begin(weights["senses>m1_events"].numpy()),
            midbrain=self.midbrain.begin(weights["senses>critic"].numpy()[:, 0]),
            release=release.begin(arriving),
        )

    def background(self, now: Activity, noise: TrialNoise | Silence) -> Background:
        """What this noise brings to the regions."""
        return Background(noise, self.exploration, now.exploration, self.ganglia)

    def usual_dopamine(self, now: Activity) -> np.ndarray:
        """What arrives at tonic firing, (2, B) by target."""
        return self.midbrain.tonic * now.release.share

    def hush(self, now: Activity) -> None:
        """Let go of what a trial's noise holds all through it; `background` holds the rest."""
        now.layer5.restless = np.zeros_like(now.layer5.restless)
        now.tufts.private = np.zeros_like(now.tufts.private)

    def step(
        self,
        now: Activity,
        sense: np.ndarray,
        reward: np.ndarray,
        brought: Brought,
        clock: int,
        effects: Effects | None,
        learn: Learn | None,
        row: Row,
    ) -> None:
        """One update. sense (B, S); reward (B,): of the update before; brought: by noise; clock: updates before this one.

        effects: interventions of the trial, None where there are none. learn: how the critic learns, None where it does not. row: where
        results are to be.
        """
        at, vigour = (effects.at(clock * self._dt), effects.vigour) if effects else (None, None)
        loud = sense[:, self._tone] > HALF
        sounds = loud if np.count_nonzero(loud) else None

        self.midbrain.step(now.midbrain, sense, sounds, reward, clock == 0, learn)
        release.step(now.release, now.midbrain.vta, at.dopamine if at else None)
        np.multiply(now.release.share, now.midbrain.vta, out=row.arrives)
        if at:
            row.usual[:] = self.usual_dopamine(now)

        if now.layer23.cells is not row.before:  # at the start of a trial, and of a fork
            row.before[:] = now.layer23.cells
            now.layer23.cells = row.before
        self.decision.step(now.decision, sounds)
        go, plan = now.decision.go, row.plan
        sent = self.layer23.output(now.layer23)
        np.maximum(sent.aimed, ZERO, out=plan)
        np.minimum(plan, ONE, out=plan)

        drive = self.ganglia.drive(sent.striatum, plan, brought.in_plan, go)
        rates = self.ganglia.step(now.ganglia, drive, clock, effects, at)
        self.ganglia.lean(rates, row.lean)
        bias = row.lean[IT]
        np.multiply(plan, brought.in_plan[1, :, :, 0], out=row.explored)

        self.layer5.departure(now.layer5, bias, plan, row.departure)
        if self._skill_in_layer23:
            gain, added = self.tufts.step(now.tufts, row.departure, plan, now.layer23.rates, row.push), None
        else:
            gain, added = None, row.departure
        self.layer5.step(now.layer5, sent.posture, sent.total, added, vigour)
        self.events.hear(now.events, sense, sounds, row.heard)
        self.events.drive(now.events, row.heard, now.layer23.room.events)
        tempo, lift = bias[:, TEMPO : TEMPO + 1], self.ganglia.lift(rates, go)
        self.layer23.step(now.layer23, sense, brought.cells, tempo, lift, row.after, gain, vigour)
        if clock % CUT == 0:
            self.layer23.cut(now.layer23)
        if at:
            now.layer23.cells *= at.l23

    def rewire(self, now: Activity, target: str, weights: np.ndarray) -> None:
        """Weights (B, post, pre) that changed within a trial, onto m1_l23, m1_l5, d1, d2 or m1_events: they hold from the next update."""
        if target == "m1_events":
            now.events.weights = weights
        elif target == "m1_l23":
            now.tufts.lateral = self.tufts.lateral(weights)
        else:
            now.layer23.axons[:, AXONS[target]] = weights if target == "m1_l5" else weights - self._rest

    def tap(self, now: Activity, name: str, clock: int) -> np.ndarray:
        """Activity (B, cells) of an area of `agents.brain.areas` after `clock` updates, a copy."""
        if name in TAPS:
            return TAPS[name](now)
        rates = self.ganglia.rates(now.ganglia, clock)[self.ganglia.row[name.removeprefix("striatum_")]]
        return rates.reshape(len(rates), -1).copy()


TAPS: dict[str, Callable[[Activity], np.ndarray]] = {
    "m1_l23": lambda now: now.layer23.cells.copy(),  # all of the layer: cells of the reach, then event cells
    "m1_l5": lambda now: now.layer5.rates.copy(),
    "vta": lambda now: now.midbrain.vta[:, None].copy(),
    "rpe": lambda now: now.midbrain.rpe[:, None].copy(),
    "value": lambda now: now.midbrain.value[:, None].copy(),
    "exploration": lambda now: now.exploration.size[:, None].copy(),
    "dopamine_m1": lambda now: (now.midbrain.vta * now.release.share[release.M1])[:, None],
    "dopamine_striatum": lambda now: (now.midbrain.vta * now.release.share[release.STRIATUM])[:, None],
}
"""Areas that are not nuclei of the circuit → a copy of their activity (B, cells)."""
