"""The assembled cortex - basal ganglia - thalamus loop, many mice at once, with named taps.

One call of `step` is one control step: senses in, descending command out. Between trials `end_trial` applies what the
synapses gathered; between sessions a night passes. Every array has the mice first, and no mouse's numbers depend on another's.
"""

import copy
import math
from collections.abc import Sequence

import numpy as np
import torch

from reachenv.agents.brain.circuit import Circuit
from reachenv.agents.brain.cortex import PHASE_INDEX, SILENT
from reachenv.agents.brain.effects import arriving, check, effects_of
from reachenv.agents.brain.event_cells import EventCells
from reachenv.agents.brain.midbrain import Midbrain
from reachenv.agents.brain.mouse import MouseSeed, Novice, born, default_novice
from reachenv.agents.brain.noise import Silence, TrialNoise
from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.agents.brain.synapses import Synapses, sleep
from reachenv.agents.brain.wiring import PARAMETERS, POPULATION_TABLE, mouse_loop
from reachenv.agents.interventions import Intervention
from reachenv.schema import CONTROL_DT

TAPS = (
    "m1_l23", "m1_l5", "striatum_d1", "striatum_d2", "stn", "gpe", "gpi", "thalamus",
    "dopamine_m1", "dopamine_striatum", "vta", "rpe", "value", "exploration",
)  # fmt: skip
SUBSTEP_MS = 5.0  # step of the circuit; a model with another one is another model (docs/model.md)
HOLD, LIFT = PHASE_INDEX["hold"], PHASE_INDEX["lift"]
GO, TEMPO = PARAMETERS.index("go"), PARAMETERS.index("tempo")
AIM_CHANNELS = [PARAMETERS.index(name) for name in ACTIONS]
C = len(PARAMETERS)
A = len(ACTIONS)
N5 = 2 * A  # an agonist and an antagonist population for each action
LAYER5_TONE = 0.75  # resting rate of layer 5: high enough that neither of two antagonists falls silent in a normal act
FADE = 0.25  # a step: the call to move lasts 40 ms


class Loop:
    """See the module. `learn = False` freezes every synapse and nothing else."""

    def __init__(
        self,
        sense_slices: dict[str, slice],
        action_size: int,
        mice: Sequence[MouseSeed],
        params: LoopParams = LoopParams(),  # noqa: B008 frozen
        dt: float = CONTROL_DT,
        novice: Novice | Sequence[Novice] | None = None,
    ):
        if action_size != len(ACTIONS):
            raise ValueError(f"the loop commands {len(ACTIONS)} numbers ({', '.join(ACTIONS)}), not {action_size}")
        missing = [s for s in ("tone", "pellet", "touch", "taste") if s not in sense_slices]
        if missing:
            raise ValueError(f"the loop needs the senses {missing}; the world has {sorted(sense_slices)}")
        self.params, self.dt, self.mice, self.learn = params, dt, tuple(int(m) for m in mice), True
        self.slices = dict(sense_slices)
        self._circuit = Circuit(
            POPULATION_TABLE, mouse_loop(params.ganglia.corticostriatal_gain, params.ganglia.loop_gain), SUBSTEP_MS
        )
        self._row = {name: i for i, name in enumerate(self._circuit.names)}
        novice = novice or default_novice()
        novices = [novice] * len(self.mice) if isinstance(novice, Novice) else list(novice)
        self._aim = (params.reach_mm * np.stack([n.scale for n in novices])).astype(np.float32)
        self.birth, self.memory = born(self.mice, novices, params, sense_slices)
        self._sense_size = self.memory["senses"].square().sum(-1).sqrt()
        self._pattern, self._onward = self.birth["pattern"].numpy(), self.birth["onward"].numpy()
        c = params.cortex
        self._l5_share, self._slow_share, self._l23_share = (
            1 - math.exp(-dt / tau) for tau in (c.tau_layer5, c.tau_slow, c.tau)
        )
        self.session = 0
        self._set_interventions([()] * len(self.mice), 1)
        self.begin_trial([0] * len(self.mice))

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
        check(interventions, self._circuit)
        self.session, self.trial, self._interventions = session, 0, [tuple(mouse) for mouse in interventions]

    def _sleep(self) -> None:
        if self.learn:
            sleep(self.params, self.memory)
        for name in ("day_dopamine", "day_trials"):
            self.memory[name] = torch.zeros_like(self.memory[name])

    def begin_trial(self, seeds: Sequence[int] | None) -> None:
        """Forget all activity and draw the trial's noise from its seed, one for each mouse; None is a trial without noise."""
        if seeds is not None and len(seeds) != len(self.mice):
            raise ValueError(f"{len(seeds)} trial seeds were given, the loop has {len(self.mice)} mice")
        b, g, m = len(self.mice), self.params.ganglia, self.memory
        cells = self.params.cortex.units + self.params.events.cells
        self.trial += 1
        planned = np.zeros((len(POPULATION_TABLE), b, 1, 2), np.float32)
        planned[self._row["it"]] = g.plan_drive
        self._open = arriving(self._interventions, self.session, self.trial)  # factor of dopamine, all trial long
        self._effects = effects_of(self._interventions, self.session, self.trial, self._circuit, planned)
        self._reaches, self._dopamine_sum = self._open, {target: np.zeros(b, np.float32) for target in self._open}
        self._noise = Silence(b, C, cells) if seeds is None else TrialNoise(seeds, C, cells, self.dt, g.drift_tau)
        self.exploration = g.exploration * (1.0 - g.calm * m["reward_rate"]).clamp(min=g.calm_floor)
        # Fast-spiking cells hear the same cortex and take away what resting weights would bring (Koos & Tepper 1999).
        d1, d2 = m["d1"] - g.striatal_weight, m["d2"] - g.striatal_weight
        layer5 = self.birth["layer5"] + self.params.plasticity.expression * m["layer5_early"] + m["layer5_late"]
        held = self.birth["rate"] * self.birth["pattern"][..., HOLD]
        # Memory changes between trials, in torch; within one, weights and activity are numpy, several times as fast at this size.
        self._out = torch.cat([layer5, d1, d2, self.birth["gate"]], 1).numpy()
        self._weights = self.birth["l23"].numpy()
        self._events = EventCells(
            self.params.events, self.slices, self.birth["event_rate"].numpy(), m["senses"].numpy(), self.dt
        )
        self._rate, self._held = self.birth["rate"].numpy(), (layer5 * held[:, None]).sum(-1).numpy()
        self.l23, self.slow = held.numpy(), held.numpy().copy()
        self.l5 = np.full((b, N5), LAYER5_TONE, np.float32)
        self._history, self._tick = self._circuit.rest(b, C), 0
        self._rise = np.maximum(g.rise + g.rise_sd * self._noise.readiness, g.rise_slowest).astype(np.float32)
        self._risen, self._call, self._steps = np.zeros(b, np.float32), np.zeros(b, np.float32), 0
        self._midbrain = Midbrain(self.params.dopamine, self.slices, m["critic"].numpy(), self.dt)
        self._restless = self.exploration.numpy()[:, None]
        self._drive = np.zeros((len(POPULATION_TABLE), b, C, 2), np.float32)
        self._inputs = np.zeros((b, self._weights.shape[2]), np.float32)
        self._synapses = Synapses(self.params, m, self.dt)

    # Within a trial --------------------------------------------------------------------------------------------------

    def step(self, obs: np.ndarray, reward: np.ndarray) -> np.ndarray:
        """One control step: senses (B, n_obs), reward (B,) of the step before → command (B, 5) in [-1, 1]."""
        sense = np.asarray(obs, dtype=np.float32)
        self._midbrain.step(sense, np.asarray(reward, dtype=np.float32), self.learn)
        return self._act(sense)

    def _act(self, sense: np.ndarray) -> np.ndarray:
        c, g = self.params.cortex, self.params.ganglia
        effects = self._effects
        now = effects.at(self._steps * self.dt) if effects else None
        if now:
            self._reaches = {target: share * now.dopamine[target] for target, share in self._open.items()}
            for target, factor in now.dopamine.items():
                self._dopamine_sum[target] += self._midbrain.vta * factor
        drift, cell_noise = self._noise.at(self._steps)
        tone = sense[:, self.slices["tone"].start]
        # The decision to go rises while the tone sounds, at a pace of the trial's own, to a threshold: then a brief call to move.
        risen = self._risen + self.dt * self._rise * (tone > 0.5)
        self._call = np.where((risen >= 1.0) & (self._risen < 1.0), 1.0, (1 - FADE) * self._call)
        self._risen, onset = risen, self._call

        # Layer 2-3 reaches layer 5 and the striatum; how far the present phase is one that aims opens the loop.
        out = np.matmul(self._out, self.l23[:, :, None])[:, :, 0]
        plan = np.minimum(np.maximum(out[:, -2:-1], 0.0), 1.0)
        restless = self._restless * plan * (self._noise.reach + g.drift * drift)
        drive, it, d1, d2 = self._drive, self._row["it"], self._row["d1"], self._row["d2"]
        drive[it] = g.plan_drive * plan[:, :, None]
        own = g.cortical_restlessness * plan * self._noise.cortex
        drive[it, :, :, 0] += own
        drive[it, :, :, 1] -= own
        drive[it, :, GO] = 0.0
        drive[d1] = out[:, N5 : N5 + 2 * C].reshape(-1, C, 2)
        drive[d1, :, :, 0] += restless
        drive[d1, :, :, 1] -= restless
        drive[d1, :, GO, 0] += g.tone_drive * onset
        drive[d2] = out[:, N5 + 2 * C : -2].reshape(-1, C, 2)
        for _ in range(round(self.dt * 1000 / SUBSTEP_MS)):
            stimulus = effects.stimulus(self._tick * SUBSTEP_MS) if effects else None
            driven = drive if stimulus is None else drive + stimulus
            rates = self._circuit.step(self._history, self._tick, driven, now and now.scales)
            self._tick += 1
        it, thalamus = rates[it], rates[self._row["thalamus"]]
        shift = it[..., 0] - it[..., 1]
        go = np.maximum(thalamus[:, GO, 0] - thalamus[:, GO, 1], 0.0)
        # Thalamus freed of its inhibition relays the tone by itself (Chevalier & Deniau 1990). The gate lies above what the lesser
        # of two opponents reaches as long as GPi fires: a whole loop never uses this route.
        freed = np.maximum(np.minimum(thalamus[:, GO, 0], thalamus[:, GO, 1]) - g.relay_gate, 0.0)
        go = go + g.relay_gain * onset * freed

        # Layer 5: posture of the phase, normalised by inhibition that follows all of layer 2-3, plus what the loop adds.
        departs = shift + g.layer5_restlessness * plan * self._noise.layer5  # layer 5 is restless by itself, too
        lean = 0.5 * self._aim * departs[:, AIM_CHANNELS]
        goal = out[:, :N5] / np.maximum(out[:, -1:], 0.3)
        if effects:  # how far a posture departs from the one held follows thalamic drive (Desmurget & Turner 2010)
            goal += (effects.vigour - 1.0) * (goal - self._held)
        goal += LAYER5_TONE
        goal[:, :A] += lean
        goal[:, A:] -= lean
        np.maximum(goal, 0.0, out=goal)
        self.l5 = self.l5 + self._l5_share * (goal - self.l5)

        # Layer 2-3: recurrence, senses, noise; and phase by phase the slow hand-over (hurried by tempo) and the go.
        n, inputs = self.l23.shape[1], self._inputs
        inputs[:, :n] = self.l23
        inputs[:, n:] = sense
        h = np.matmul(self._weights, inputs[:, :, None])[:, :, 0]
        h += c.inhibition * c.sparseness - c.threshold
        h += c.noise * cell_noise[:, :n]
        phases = np.matmul(self._onward, self.slow[:, :, None])[:, :, 0]
        phases *= 1.0 + self.params.tempo_gain * shift[:, TEMPO : TEMPO + 1]
        phases[:, LIFT] += c.go_gain * go
        phases[:, HOLD] -= c.go_gain * go
        h += np.matmul(self._pattern, phases[:, :, None])[:, :, 0]
        pace = self._slow_share * effects.vigour if effects else self._slow_share  # so does how phases hand over
        self.slow = self.slow + pace * (self.l23 - self.slow)
        before = self.l23
        np.minimum(np.maximum(h, 0.0, out=h), 1.0, out=h)
        h *= self._rate
        h -= before
        h *= self._l23_share
        h += before
        h[h < SILENT] = 0.0
        self.l23 = h
        self._events.step(sense, cell_noise[:, n:])
        if now:
            self.l23 *= now.l23
            self._events.rates *= now.l23

        if self.learn:
            striatum = {"d1": rates[d1], "d2": rates[d2]}
            events = self._events
            self._synapses.tag(
                before, lean, striatum, plan, events.rates, events.heard, self._midbrain.vta, self._reaches
            )
        self._steps += 1
        return np.minimum(np.maximum(self.l5[:, :A] - self.l5[:, A:], -1.0), 1.0)

    def end_trial(self, reward: np.ndarray) -> dict[str, np.ndarray]:
        """Take the last step's reward (B,), let synapses change, and say how it went: arrays (B,)."""
        mid, m = self._midbrain, self.memory
        with torch.no_grad():
            mid.end(np.asarray(reward, dtype=np.float32), self.learn)
            arrived = {target: mid.mean_vta() * share for target, share in self._open.items()}
            if self._effects:
                steps = max(self._steps, 1)
                for target, share in self._open.items():
                    factor = self._effects.at(self._steps * self.dt).dopamine[target]
                    self._dopamine_sum[target] += mid.vta * factor
                    arrived[target] = self._dopamine_sum[target] / steps * share
            if self.learn:
                self._synapses.change(self._sense_size)
                m["reward_rate"] += (
                    torch.from_numpy(mid.earned) - m["reward_rate"]
                ) / self.params.dopamine.reward_rate_trials
                m["day_dopamine"] += torch.from_numpy(arrived["m1"])
                m["day_trials"] += 1.0
        return {
            "reward": mid.earned.copy(),
            "rpe": mid.earned - mid.value_at_tone,
            "value_at_tone": mid.value_at_tone.copy(),
            "exploration": self.exploration.numpy().copy(),
            "dopamine_m1": arrived["m1"],
            "dopamine_striatum": arrived["striatum"],
        }

    # What can be watched and kept ------------------------------------------------------------------------------------

    def taps(self, names: Sequence[str] = TAPS) -> dict[str, np.ndarray]:
        """Activity now, copies, mice first: those of TAPS that are named."""
        return {name: self._tap(name) for name in names}

    def _tap(self, name: str) -> np.ndarray:
        if name == "m1_l23":  # all of the layer: the act's cells, then event cells
            return np.concatenate([self.l23, self._events.rates], 1)
        if name == "m1_l5":
            return self.l5.copy()
        if name in ("vta", "rpe", "value"):
            return getattr(self._midbrain, name).copy()
        if name == "exploration":
            return self.exploration.numpy().copy()
        if name.startswith("dopamine_"):
            return self._midbrain.vta * self._reaches[name.removeprefix("dopamine_")]
        rates = self._history[(self._tick - 1) % self._circuit.length]
        return rates[self._row[name.removeprefix("striatum_")]].reshape(len(self.mice), -1).copy()

    def state(self, i: int, whole: bool = False) -> dict[str, np.ndarray]:
        """All that mouse `i` carries from trial to trial; `whole` adds what it was born with."""
        parts = self.memory | ({f"birth.{k}": v for k, v in self.birth.items()} if whole else {})
        return {name: value[i].numpy().copy() for name, value in parts.items()}

    def set_state(self, i: int, state: dict[str, np.ndarray]) -> None:
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

    def fork(self, mice: Sequence[int] | None = None) -> "Loop":
        """An independent copy of some mice (indices, repeats allowed; default all) with their activity; it does not learn."""
        rows = np.arange(len(self.mice)) if mice is None else np.array(mice, int)
        other = copy.copy(self)
        other.learn, other.mice, other._synapses = False, tuple(self.mice[i] for i in rows.tolist()), None
        other._midbrain, other._events = copy.copy(self._midbrain), self._events.pick(rows)
        other._interventions = [self._interventions[i] for i in rows.tolist()]
        other._effects = self._effects and self._effects.pick(rows.tolist())
        for part in (other, other._midbrain):
            for name, value in vars(part).items():
                if isinstance(value, torch.Tensor):
                    setattr(part, name, value[rows])
                elif isinstance(value, np.ndarray):
                    setattr(part, name, value.take(rows, axis={"_history": 2, "_drive": 1}.get(name, 0)))
                elif name in ("birth", "memory", "_open", "_reaches", "_dopamine_sum"):
                    setattr(part, name, {k: v[rows] for k, v in value.items()})
        if mice is not None:
            other._noise = Silence(len(rows), C, self.params.cortex.units + self.params.events.cells)
        return other
