"""Made-up cohorts in which an effect is planted, or from which it was removed. Twins share their luck, as in a run."""

import numpy as np
import pandas as pd

from reachenv.lab.design.group import blocked_sessions, intervention_label
from reachenv.lab.design.make import make_design
from reachenv.lab.findings.verdict import Evidence
from reachenv.lab.records.recording import TRIAL_COLUMNS, trial_table

DT, STEPS = 0.02, 200  # 4 s a trial
TONE, LATENCY = 1.0, 0.9  # s
TONIC = 0.1


def learns(session):
    """Success of an untreated mouse: .30 at first, .60 in session 7 and from then on."""
    return 0.30 + 0.05 * (min(session, 7) - 1)


def held(session, gain=0.01, back=3):
    """Blocked in sessions 2–4: barely learns, then catches up `back` sessions after control."""
    return 0.30 + gain * (min(session, 4) - 1) if session <= 4 else min(0.62, 0.30 + 0.05 * (session - 1 - back))


def cohort(curves, name="acquisition", mice=12, spread=0.05, seed=0, **sizes) -> Evidence:
    """curves: group → (session → success). Each mouse departs from it by its own N(0, spread), the same in twins."""
    design = make_design(name, groups=tuple(curves), mice=mice, **{"trials": 40, **sizes})
    tables = []
    for group in design.groups:
        for mouse in range(1, mice + 1):
            own = np.random.default_rng([seed, group.litter, mouse])
            offset = spread * own.standard_normal()
            for session in range(1, design.sessions + 1):
                luck = (own.permutation(design.trials) + 0.5) / design.trials  # shares come out as planted
                hope = own.standard_normal(design.trials)
                level = np.full(design.trials, curves[group.name](session))
                level[0] = curves[group.name](max(session - 1, 1))  # a session begins where the last one ended
                won = luck < level + offset
                tables.append(
                    pd.DataFrame(
                        dict(group=group.name, mouse=mouse, session=session, trial=np.arange(1, design.trials + 1),
                             success=won, outcome=np.where(won, "success", "miss"), intervention=intervention_label(group, session, 1),
                             tone_time=TONE, at_mouth_time=np.where(won, TONE + LATENCY, np.nan),
                             value_at_tone=level + 0.1 * hope, perturbation="", seed=0)
                    )
                )  # fmt: skip
    return Evidence(design, trial_table(pd.concat(tables).to_dict("list")))


def with_tapes(evidence, alter=lambda group, session, traces: None, tone=1.0, reward=1.0, dip=1.0) -> Evidence:
    """Add recordings: VTA signals a prediction error; `tone`, `reward`, `dip` scale its parts, `alter` spoils traces in place."""
    groups = {g.name: g for g in evidence.design.groups}

    def tape(group, mouse, session, names):
        t = evidence.trials
        table = t[(t.group == group) & (t.mouse == mouse) & (t.session == session)]
        noise = np.random.default_rng([groups[group].litter, mouse, session])  # twins: the same
        vta = TONIC + 0.002 * noise.standard_normal((len(table), STEPS))
        after = slice(round(TONE / DT), round((TONE + 0.4) / DT))
        come = slice(round((TONE + LATENCY) / DT), round((TONE + LATENCY + 0.4) / DT))
        value = table.value_at_tone.to_numpy(float)[:, None]
        vta[:, after] += tone * value
        vta[:, come] += np.where(
            table.success.to_numpy()[:, None], reward * (1 - value), -dip * np.minimum(value, 0.08)
        )
        blocked = session in blocked_sessions(groups[group], session)
        first = np.random.default_rng([mouse, session]).normal(size=5)  # executed command: no block is felt in it
        traces = {
            "vta": vta, "dopamine_striatum": vta.copy(), "dopamine_m1": vta * (0.0 if blocked else 1.0),
            "command": np.tile(first, (len(table), STEPS, 1)), "dt": np.float64(DT),
        }  # fmt: skip
        alter(group, session, traces)
        return {name: traces[name] for name in names}

    return Evidence(evidence.design, evidence.trials, tape)


def shuffled(evidence, by) -> Evidence:
    """The same trials with success dealt out anew within each cell of the columns `by`: whatever else mattered is gone."""
    trials = evidence.trials.copy()
    rng = np.random.default_rng(1)
    trials["success"] = trials.groupby(by)["success"].transform(lambda column: rng.permutation(column.to_numpy()))
    return Evidence(evidence.design, trials[list(TRIAL_COLUMNS)], evidence.tape)
