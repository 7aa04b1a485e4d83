"""A brain of your own, in one file: a scripted reach that learns where to aim, by reward-modulated exploration.

    reachenv train --brain examples.own_brain:AimLearner --mice 8 --sessions 7

Each mouse is born with an aim that is off. In every trial it explores around its aim; dopamine in M1, which carries the
reward-prediction error, moves the aim towards what was better than expected (Williams 1992). Blocking that dopamine
(`m1:2-4`) stops learning and changes no movement. It has no basal ganglia and no sequence of its own: what a run of it
reproduces, and what it does not, is its own. The contract is in reachenv/agents/protocol.py; `check_brain` tries it.
"""

from dataclasses import asdict, dataclass

import numpy as np

from reachenv.agents import Area, Description, dopamine_left, find_area, with_settings
from reachenv.demonstrator import Script, commands

DT = 0.01  # s, a control step


@dataclass(frozen=True)
class Parameters:
    """aim_error: s.d. of the aim at birth, an axis [mm]. exploration: s.d. of a trial's, an axis [mm]. rate: of learning."""

    aim_error: float = 1.6
    exploration: float = 0.9
    rate: float = 0.12
    value_rate: float = 0.05
    cells: int = 60


class AimLearner:
    """B mice. aim (B, 3) [mm] and value (B,), the success that each expects, are all that they carry from day to day."""

    variants = ()
    areas = (
        Area("m1_l23", "rates of cells tuned to the aim, 0 to 1", cells=60),
        Area("vta", "dopamine cells' firing: tonic 0.1 plus the prediction error", cells=1),
        Area("dopamine_m1", "dopamine that arrives in M1", cells=1),
        Area("m1", "M1 dopamine, for interventions", effects=("scale",)),
    )

    def __init__(self, senses, actions, births, *, variant="", settings=None):
        if variant:
            raise ValueError(f"there is no variant {variant!r} of this brain")
        self.p, self.senses, self.n = with_settings(Parameters(), settings), senses, len(births)
        streams = [np.random.default_rng([7, birth]) for birth in births]
        self.aim = np.stack([s.normal(0, self.p.aim_error, 3) for s in streams])
        self.tuning = np.stack([s.normal(0, 1, (self.p.cells, 4)) for s in streams])  # of cells, to aim and time
        self.value = np.full(self.n, 0.3)
        self.begin_session(1, [()] * self.n)
        self.begin_trial(None)

    def describe(self):
        return Description("aim_learner", "1", asdict(self.p))

    def supports(self, intervention):
        area = find_area(self.areas, intervention.target)  # whole trials alone: the error comes at the end of one
        return area is not None and intervention.effect.kind in area.effects and intervention.when.seconds is None

    def begin_session(self, session, interventions, *, night=None):
        self.session, self.trial, self.interventions = session, 0, interventions

    def begin_trial(self, seeds):
        self.trial += 1
        draw = [
            np.zeros(3) if seeds is None else np.random.default_rng(s).normal(0, self.p.exploration, 3)
            for s in seeds or self.aim
        ]
        self.explored, self.clock, self.earned, self.error = (
            np.stack(draw),
            np.full(self.n, -np.inf),
            np.zeros(self.n),
            np.zeros(self.n),
        )
        self.open = np.array([dopamine_left(i, "m1", self.session, self.trial) for i in self.interventions])

    def step(self, obs, reward):
        heard = obs[:, self.senses["tone"]][:, 0] > 0.5
        self.clock = np.where(np.isinf(self.clock), np.where(heard, 0.0, -np.inf), self.clock + DT)
        self._feel(reward)
        now = np.stack(
            [
                commands(Script(), max(t, 0.0), a[None])[0]
                for t, a in zip(self.clock, self.aim + self.explored, strict=True)
            ]
        )
        return np.clip(now, -1, 1).astype(np.float32)

    def end_trial(self, reward):
        self._feel(reward)
        rpe = self.earned - self.value
        self.aim += self.p.rate * (self.open * rpe)[:, None] * self.explored / self.p.exploration
        self.value += self.p.value_rate * rpe
        return {
            "rpe": rpe,
            "value_at_tone": self.value - self.p.value_rate * rpe,
            "dopamine_m1": self.open * (0.1 + rpe),
        }

    def _feel(self, reward):
        self.earned = self.earned + reward
        self.error = np.where(reward > 0, reward - self.value, 0.0)  # a burst when reward comes

    def tap(self, area):
        if area == "m1_l23":
            where = np.column_stack([self.aim + self.explored, np.clip(self.clock, 0, 1)])
            return (1 / (1 + np.exp(-np.einsum("bck,bk->bc", self.tuning, where)))).astype(np.float32)
        if area in ("vta", "dopamine_m1"):
            return ((0.1 + self.error) * (self.open if area == "dopamine_m1" else 1.0))[:, None].astype(np.float32)
        raise ValueError(f"there is no area {area!r}; there is {', '.join(a.name for a in self.areas if a.cells)}")

    def state(self, i):
        return {"aim": self.aim[i].copy(), "value": self.value[i : i + 1].copy()}

    def set_state(self, i, state):
        if state["aim"].shape != (3,) or state["value"].shape != (1,):
            raise ValueError("a state is an aim (3,) and a value (1,)")
        self.aim[i], self.value[i] = state["aim"], state["value"][0]
