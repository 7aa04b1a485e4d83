"""Made-up runs of the loop's designs: where reaches end and who succeeds, planted mouse by mouse; twins share their luck."""

import numpy as np
import pandas as pd

from reachenv.lab.design.group import intervention_label, perturbation_label
from reachenv.lab.design.make import make_design
from reachenv.lab.design.perturbations import change_at
from reachenv.lab.design.protocols import PLATE_MM
from reachenv.lab.findings.verdict import Evidence
from reachenv.lab.records.recording import trial_table

MOVE = np.array(
    [0.0, 3.0, 0.5]
)  # mm: where reaches end, from the pellet, once the plate was moved and nothing made up for
USUAL = np.array([0.4, 0.1, 0.3])  # mm: where they end otherwise
SCATTER = 0.6  # mm, an axis and trial


def moved_by(group, session, trial):
    """The share of the whole move that is there."""
    change = change_at(group.perturbations, session, trial)
    return np.linalg.norm(change.plate_shift_mm) / np.linalg.norm(PLATE_MM) if change else 0.0


def planted(
    name,
    made_up=lambda group, session, trial: 0.0,
    success=lambda group, session, trial: 0.5,
    speed=None,
    size=None,
    **sizes,
):
    """A run. made_up: share of the move that a reach corrects, moved or not; success: probability, or an array over a session.

    speed (group) → cm/s; size (group) → mm, how far the paw goes.
    """
    design = make_design(name, **{"mice": 12, "trials": 40, **sizes})
    tables = []
    for group in design.groups:
        for mouse in range(1, design.mice + 1):
            own = np.random.default_rng([group.litter, mouse])
            offset, brisk = 0.03 * own.standard_normal(), own.normal(0, 1)
            for session in range(1, design.sessions + 1):
                luck = (own.permutation(design.trials) + 0.5) / design.trials
                scatter = SCATTER * own.standard_normal((design.trials, 3))
                trials = np.arange(1, design.trials + 1)
                moved = np.array([moved_by(group, session, t) for t in trials])
                share = np.array([made_up(group, session, t) for t in trials])
                ends = USUAL + (moved - share)[:, None] * MOVE + scatter
                level = np.array([success(group, session, t) for t in trials])
                won = luck < level + offset
                tables.append(
                    pd.DataFrame(
                        dict(group=group.name, mouse=mouse, session=session, trial=trials, success=won,
                             outcome=np.where(won, "success", "miss"), seed=0,
                             intervention=[intervention_label(group, session, t) for t in trials],
                             perturbation=[perturbation_label(group, session, t) for t in trials],
                             peak_speed=(speed(group, session) if speed else 30.0) + brisk + own.normal(0, 2, design.trials),
                             **{f"endpoint_{axis}": ends[:, k] for k, axis in enumerate("xyz")})
                    )
                )  # fmt: skip

    def tape(group, mouse, session, names):
        groups = {g.name: g for g in design.groups}
        far = (size(groups[group], session) if size else 15.0) + np.random.default_rng(mouse).normal(0, 0.5)
        paw = np.zeros((design.trials, 20, 3))
        paw[:, 10, 0] = far
        return {"paw_mm": paw}

    return Evidence(design, trial_table(pd.concat(tables).to_dict("list")), tape)
