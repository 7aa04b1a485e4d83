"""The loop's own dynamics, from the model itself: figures, and the numbers that finding L5 is judged by.

reachenv dynamics --out FOLDER      draws five figures and prints the numbers
reachenv dynamics --out FOLDER --keep   also writes assets/dynamics.json, which every run made from then on cites

Seeds are fixed; the mice are novices. What is drawn is in `lab.probes.drawings`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reachenv import assets
from reachenv.schema import CONTROL_DT as DT

if TYPE_CHECKING:
    from reachenv.agents.brain.loop import Loop

MICE = tuple(range(5000, 5012))  # apart from the cohorts of experiments
TONE_AT, CUE, STEPS = (
    0.5,
    0.25,
    300,
)  # s, s (longer than the decision to move takes), control steps: a tone, then silence
PLANNED = 0.5  # of an aimed phase's whole activity
STARTS = 24  # initial conditions a mouse
SETTLE = 60  # steps until M1 has settled
NUCLEI = ("striatum_d1", "striatum_d2", "stn", "gpe", "gpi", "thalamus")
GAINS = (0.05, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
OWN_GAINS = (0.05, 0.1, 0.2, 0.3, 0.33, 0.4, 0.45, 0.5, 0.7, 0.9)
FREE = 140  # control steps that M1 is watched for once its traces are free: an act takes less


@dataclass(frozen=True)
class Course:
    """One trial: time [s] from the tone (T,), and name → (T, cells)."""

    time: np.ndarray
    traces: dict[str, np.ndarray]


@dataclass(frozen=True)
class Regimes:
    """The published two-channel circuit by cortico-striatal gain, (gains,) each; threshold: where opponents part.

    rhythm: s.d. of a channel over its mean under equal input. selectivity: (a − b) / (a + b) of its two channels whose inputs
    differ by a fiftieth. kept: activity of the winner once the input is gone. growth [1/s]: of a seed of asymmetry.
    """

    gains: np.ndarray
    rhythm: np.ndarray
    selectivity: np.ndarray
    kept: np.ndarray
    growth: np.ndarray
    threshold: float


@dataclass(frozen=True)
class Attractors:
    """M1 left to itself from many initial conditions: overlaps with the phases at the end, (mice, starts, phases), and before."""

    start: np.ndarray
    end: np.ndarray

    def states(self) -> np.ndarray:
        """How many different states each mouse ends in, (mice,): the phase that a start ends in, where it ends in one."""
        winner, sure = self.end.argmax(-1), self.end.max(-1) > PLANNED
        return np.array([len(set(w[s])) for w, s in zip(winner, sure, strict=True)])


@dataclass(frozen=True)
class OwnRegimes:
    """The mouse's circuit by cortico-striatal gain, (gains,) each, with its delays as they act and as they are written.

    rhythm, rhythm_written: s.d. of a cortical channel over its mean, in a planned movement. selectivity: (a − b) / (a + b) of two
    channels whose inputs differ by a sixtieth.
    """

    gains: np.ndarray
    rhythm: np.ndarray
    rhythm_written: np.ndarray
    selectivity: np.ndarray


# ------------------------------------------------------------------------------------------------------------ the probes


def make_loop(mice: Sequence[int] | None = None, loop_gain: float = 1.0) -> tuple[Loop, dict[str, slice]]:
    """A loop of novices (MICE unless others are named), and where each sense lies."""
    from reachenv import senses
    from reachenv.agents.brain.loop import Loop
    from reachenv.agents.brain.params import LoopParams

    params = LoopParams()
    params = replace(params, ganglia=replace(params.ganglia, loop_gain=params.ganglia.loop_gain * loop_gain))
    where = senses.slices(5)
    loop = Loop(where, 5, MICE if mice is None else mice, params, dt=DT)
    loop.learn = False
    return loop, where


def overlaps(loop: Loop, l23: np.ndarray) -> np.ndarray:
    """How much of each phase layer 2-3 (…, B, N) shows: 1 for the whole assembly, (…, B, phases)."""
    pattern = loop.birth["pattern"].numpy() * loop.birth["rate"].numpy()[:, :, None]
    return np.einsum("bpn,...bn->...bp", np.linalg.pinv(pattern), l23)


def after_the_cue(loop_gain: float = 1.0, tone: bool = True) -> np.ndarray:
    """Activity of the plan through a trial with a short tone and no other sense, (steps, mice): share of aimed phases."""
    from reachenv.agents.brain.cortex import AIMED, PHASE_INDEX

    loop, where = make_loop(loop_gain=loop_gain)
    loop.begin_trial(None)  # without noise: a slow decision would miss so short a tone
    obs = np.zeros((len(MICE), max(s.stop for s in where.values())), np.float32)
    seen = []
    for step in range(STEPS):
        obs[:, where["tone"]] = tone and TONE_AT <= step * DT < TONE_AT + CUE
        loop.step(obs, np.zeros(len(MICE), np.float32))
        seen.append(loop.activity.layer23.rates.copy())
    return overlaps(loop, np.array(seen))[..., [PHASE_INDEX[name] for name in AIMED]].sum(-1)


def outlasts(plan: np.ndarray) -> np.ndarray:
    """How long the plan stays once the tone is over [s], (mice,)."""
    end = round((TONE_AT + CUE) / DT)
    return (plan[end:] > PLANNED).sum(0) * DT


def attractors(starts: int = STARTS) -> Attractors:
    """Where M1 settles from random mixtures of its assemblies, while its slow traces are held at rest and nothing is sensed.

    The loop is no part of it: without traces there is no tempo to hurry, and without a tone no go.
    """
    loop, obs = _mixtures(starts, silent="")
    first = overlaps(loop, loop.activity.layer23.rates)
    for _ in range(SETTLE):
        loop.activity.layer23.slow[:] = 0.0
        loop.step(obs, np.zeros(len(obs), np.float32))
    shape = (len(MICE), starts, -1)
    return Attractors(first.reshape(shape), overlaps(loop, loop.activity.layer23.rates).reshape(shape))


def left_free(silent: str = "", starts: int = STARTS) -> np.ndarray:
    """The same beginnings with the traces free and a tone from `TONE_AT` on: share of starts in each phase, (FREE, phases).

    silent: a nucleus of the loop that is silenced. A start is in the phase that layer 2-3 shows more than half (PLANNED) of, or in none.
    """
    loop, obs = _mixtures(starts, silent)
    tone, seen = loop.slices["tone"], []
    for step in range(FREE):
        obs[:, tone] = step * DT >= TONE_AT
        loop.step(obs, np.zeros(len(obs), np.float32))
        shown = overlaps(loop, loop.activity.layer23.rates)
        there = np.eye(shown.shape[1])[shown.argmax(1)] * (shown.max(1, keepdims=True) > PLANNED)
        seen.append(there.mean(0))
    return np.array(seen)


def _mixtures(starts: int, silent: str) -> tuple[Loop, np.ndarray]:
    """A loop whose layer 2-3 begins in random mixtures of its assemblies, `starts` a mouse, and senses that are all 0."""
    from reachenv.agents.interventions import Intervention, Scale, When

    loop, where = make_loop([m for m in MICE for _ in range(starts)])
    interventions = (Intervention(silent, When((1, 1)), Scale(0.0)),) if silent else ()
    loop.begin_session(1, [interventions] * len(loop.mice))
    loop.begin_trial(None)
    pattern, rate = loop.birth["pattern"].numpy(), loop.birth["rate"].numpy()
    share = np.random.default_rng(0).dirichlet(np.full(pattern.shape[2], 0.3), len(rate)).astype(np.float32)
    loop.activity.layer23.rates = ((pattern * share[:, None]).sum(-1) * rate).astype(np.float32)
    return loop, np.zeros((len(rate), max(s.stop for s in where.values())), np.float32)


def regimes(gains: Sequence[float] = GAINS) -> Regimes:
    """The two circuits of Leblois et al. 2006, at 1 ms."""
    rhythm, selectivity, kept, growth = [], [], [], []
    for gain in gains:
        equal = _published(gain, (0.1, 0.1), 1500)[-400:]
        rhythm.append(float((equal.std(0) / np.maximum(equal.mean(0), 1e-9)).max()))
        winner, loser = _published(gain, (0.101, 0.099), 4000)[-400:].mean(0)
        selectivity.append((winner - loser) / max(winner + loser, 1e-9))
        kept.append(float(_published(gain, (0.11, 0.09), 1500, off=800)[-200:].max()))
        growth.append(_growth(gain))
    low, high = 0.3, 0.6
    for _ in range(8):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _growth(middle) > 0 else (middle, high)
    columns = [np.array(v, float) for v in (gains, rhythm, selectivity, kept, growth)]
    return Regimes(columns[0], columns[1], columns[2], columns[3], columns[4], threshold=0.5 * (low + high))


def _published(
    gain: float, drive: tuple[float, float], steps: int, off: int | None = None, nudge: int | None = None
) -> np.ndarray:
    """Cortical rates (steps, 2) of the published circuit; `drive` comes on at 200 ms, goes at `off`; `nudge` seeds asymmetry."""
    from reachenv.agents.brain.circuit import Circuit
    from reachenv.agents.brain.wiring import LEBLOIS_2006_POPULATIONS, leblois_2006

    circuit = Circuit(LEBLOIS_2006_POPULATIONS, leblois_2006(gain), 1.0)
    history, out, it = circuit.rest(1, 1), [], circuit.names.index("it")
    for step in range(steps):
        outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
        if step >= 200 and (off is None or step < off):
            outside[it, 0, 0] = drive
        if step == nudge:
            outside[it, 0, 0, 0] += 1e-4
        out.append(circuit.step(history, step, outside)[it, 0, 0].copy())
    return np.array(out)


def _growth(gain: float) -> float:
    """Rate [1/s] at which a seed of asymmetry between opponents grows; below 0 it dies."""
    trace = _published(gain, (0.1, 0.1), 3200, nudge=2000)
    gap = np.abs(trace[:, 0] - trace[:, 1])
    early, late = gap[2150:2350].mean(), gap[2750:2950].mean()
    return float(np.log(max(late, 1e-12) / max(early, 1e-12)) / 0.6)


def own_regimes(gains: Sequence[float] = OWN_GAINS) -> OwnRegimes:
    """The mouse's own circuit in a planned movement, at the step it runs at, and at 1 ms with its delays as the table has them."""
    from reachenv.agents.brain.params import LoopParams
    from reachenv.agents.brain.regions.ganglia import SUBSTEP_MS

    plan = LoopParams().ganglia.plan_drive
    acts, written, selectivity = [], [], []
    for gain in gains:
        acts.append(_rhythm(_own(gain, (plan, plan), SUBSTEP_MS)))
        written.append(_rhythm(_own(gain, (plan, plan), 1.0)))
        winner, loser = _own(gain, (plan + 0.001, plan - 0.001), SUBSTEP_MS)[-200:].mean(0)
        selectivity.append((winner - loser) / (winner + loser))
    return OwnRegimes(*(np.array(v, float) for v in (gains, acts, written, selectivity)))


def _own(gain: float, drive: tuple[float, float], dt_ms: float, seconds: float = 4.0) -> np.ndarray:
    """Cortical rates (steps, 2) of one parameter's two channels under a held `drive`."""
    from reachenv.agents.brain.circuit import Circuit
    from reachenv.agents.brain.wiring import POPULATION_TABLE, mouse_loop

    circuit = Circuit(POPULATION_TABLE, mouse_loop(gain), dt_ms)
    history, it = circuit.rest(1, 1), circuit.names.index("it")
    outside = np.zeros((len(circuit.names), 1, 1, 2), np.float32)
    outside[it, 0, 0] = drive
    steps = range(round(1000 * seconds / dt_ms))
    return np.array([circuit.step(history, step, outside)[it, 0, 0].copy() for step in steps])


def _rhythm(rates: np.ndarray) -> float:
    """S.d. over mean of the last quarter."""
    late = rates[-len(rates) // 4 :, 0]
    return float(late.std() / late.mean())


def course() -> Course:
    """One trial of one novice in the real world, watched through all nuclei."""
    from reachenv.agents.brain.make import make_bg_loop
    from reachenv.lab.design.make import make_design
    from reachenv.lab.runner.brains import births, make_world, senses_and_actions

    design = make_design("single", mice=1, seed=1)
    world = make_world(design, design.subjects())
    loop = make_bg_loop(*senses_and_actions(), births(design, design.subjects()))
    loop.begin_session(1)
    obs, _ = world.reset(seed=[1])
    loop.begin_trial([1])
    kept: dict[str, list] = {}
    ended, reward, tone = False, np.zeros(1, np.float32), world.unwrapped.timing.tone
    while not ended:
        action = loop.step(obs, reward)
        taps = loop.taps()
        for name in ("m1_l23", "m1_l5", *NUCLEI, "dopamine_m1", "value"):
            kept.setdefault(name, []).append(np.atleast_1d(taps[name][0]))
        kept.setdefault("command", []).append(action[0].copy())
        obs, reward, terminated, truncated, _ = world.step(action)
        ended = bool(terminated[0] or truncated[0])
    world.close()
    time = np.arange(len(kept["command"])) * DT - tone
    return Course(time, {name: np.array(values) for name, values in kept.items()})


# -------------------------------------------------------------------------------------------------- numbers and pictures


def numbers(found: Regimes, plan: np.ndarray, m1: Attractors) -> dict:
    """What finding L5 is judged by, as plain data, with the brain that it was found in."""
    from reachenv.lab.records.provenance import shipped_brain

    at = {round(float(gain), 3): i for i, gain in enumerate(found.gains)}
    return {
        "brain": shipped_brain(),
        "plan_outlasts_s": [round(float(v), 3) for v in outlasts(plan)],
        "stable_states": [int(v) for v in m1.states()],
        "regimes": {
            "oscillates at .05": bool(found.rhythm[at[0.05]] > 0.2),
            "follows without selecting at .3": bool(0 < found.selectivity[at[0.3]] < 0.3 and found.growth[at[0.3]] < 0),
            "selects at .7": bool(found.selectivity[at[0.7]] > 0.9 and found.kept[at[0.7]] < 0.01),
            "persists at .9": bool(found.kept[at[0.9]] > 0.05),
        },
        "threshold": round(found.threshold, 4),
    }


def write(out: Path, keep: bool = False) -> None:
    """Draw the figures into a folder and print the numbers. keep: write assets/dynamics.json, too."""
    from reachenv.lab.probes import drawings as drawn
    from reachenv.lab.records.folder import write_whole
    from reachenv.lab.records.provenance import formerly, shipped_brain

    found, m1 = regimes(), attractors()
    free = {"whole loop": left_free(), "thalamus silenced": left_free("thalamus")}
    plans = {
        "whole loop": after_the_cue(),
        "open loop": after_the_cue(loop_gain=0.0),
        "no tone": after_the_cue(tone=False),
    }
    told = numbers(found, plans["whole loop"], m1) | formerly(shipped_brain())
    drawings = {
        "loop_trial": drawn.trial(course()),
        "loop_regimes": drawn.regimes(found),
        "loop_regimes_own": drawn.own_regimes(own_regimes()),
        "m1_attractors": drawn.attractors(m1, free, np.arange(FREE) * DT - TONE_AT),
        "plan_after_cue": drawn.plan(plans, np.arange(STEPS) * DT - TONE_AT, CUE),
    }
    for name, figure in drawings.items():
        path = out / f"{name}.png"
        write_whole(path, partial(figure.savefig, format="png"))
        print(path)
    text = json.dumps(told, indent=1) + "\n"
    print(text, end="")
    if keep:
        path = assets.repository() / "assets" / "dynamics.json"
        write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
        print(path)
