"""What mice do and learn, bit for bit: every group of every design, two trials in each of two sessions.

Written anew when sums came to be taken in another order, which changed bits by rounding alone.

`golden.json` holds digests of recordings, brains and trials. Bits depend on the processor's arithmetic, so it also holds a
digest of some plain arithmetic: where that differs, early commands are compared to a thousandth instead. A change that means to
change bits writes the file anew, `python tests/lab/runner/test_golden.py`, and says so in CHANGELOG.md.
"""

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from reachenv.lab.design.catalogue import DESIGNS
from reachenv.lab.design.design import Subject
from reachenv.lab.design.make import make_design
from reachenv.lab.runner.brains import parts_for, senses_and_actions
from reachenv.lab.runner.session import run_session

KEPT = Path(__file__).with_name("golden.json")
EARLY = 105  # control steps: until just after the tone, before the paw touches anything
NUMBERS = (
    "reward",
    "rpe",
    "value_at_tone",
    "exploration",
    "dopamine_m1",
    "dopamine_striatum",
    "lift_time",
    "grab_time",
    "aim_error",
)


def digest(*arrays) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


@cache
def arithmetic() -> str:
    """Tells apart processors (and libraries) that round differently."""
    import mujoco

    rng = np.random.default_rng(0)
    a = rng.standard_normal((12, 150, 128)).astype(np.float32)
    b = rng.standard_normal((12, 128, 1)).astype(np.float32)
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><geom type='plane' size='1 1 1'/><body pos='0 0 .2' euler='20 30 0'><freejoint/>"
        "<geom type='box' size='.1 .05 .02'/></body></worldbody></mujoco>"
    )
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data, 200)
    t = torch.from_numpy(a[0])
    return digest(
        np.matmul(a, b), np.exp(a), np.linalg.pinv(a[0].astype(float)), (t * t).sum(-1).sqrt().numpy(), data.qpos
    )


def lived(name: str) -> dict[str, dict]:
    """What every group of a design does, from novices on: group → digests, and commands early in the first trial."""
    design = make_design(
        name, groups=tuple(g.name for g in DESIGNS[name].groups(4, 35)), mice=1, sessions=4, trials=35, seed=5
    )
    design, parts, out = replace(design, trials=2), parts_for("bg_loop"), {}
    kinds = {}
    for group in design.groups:
        kinds.setdefault(group.variant, []).append(Subject(group, 1))
    for subjects in kinds.values():
        world, rows = parts.make_world(design, subjects), {s.group.name: [] for s in subjects}
        brain, tapes = parts.make_brain(design, subjects, *senses_and_actions()), {s.group.name: [] for s in subjects}
        for session in (2, 4):  # where most designs do what they do
            brain.begin_session(session, [s.group.interventions for s in subjects])
            result = run_session(design, subjects, session, world, brain, record=True)
            for i, subject in enumerate(subjects):
                rows[subject.group.name] += result.rows[i]
                tapes[subject.group.name].append(result.recordings[i])
        for i, subject in enumerate(subjects):
            group, state = subject.group.name, brain.state(i)
            numbers = [[float(row.get(column, np.nan)) for column in NUMBERS] for row in rows[group]]
            tape = [
                tapes[group][k][key] for k in (0, 1) for key in ("command", "paw_mm", "m1_l23", "vta", "dopamine_m1")
            ]
            out[group] = {
                "trials": digest(np.array(numbers)),
                "recording": digest(*tape),
                "brain": digest(*(state[key] for key in sorted(state))),
                "early": np.round(tapes[group][0]["command"][0, EARLY - 5 : EARLY].mean(0).astype(float), 4).tolist(),
            }
        world.close()
    return out


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_gives_the_same_bits_as_ever(name):
    torch.set_num_threads(1)
    kept = json.loads(KEPT.read_text())
    now = lived(name)
    assert set(now) == set(kept["designs"][name])
    for group, then in kept["designs"][name].items():
        if kept["arithmetic"] == arithmetic():
            assert {k: now[group][k] for k in ("trials", "recording", "brain")} == {
                k: then[k] for k in ("trials", "recording", "brain")
            }, group
        np.testing.assert_allclose(now[group]["early"], then["early"], atol=1e-3, err_msg=group)


def test_a_changed_number_changes_the_digest():
    rates = np.linspace(0, 1, 9, dtype=np.float32)
    assert digest(rates) != digest(np.nextafter(rates, 2)) and digest(rates) == digest(rates.copy())


if __name__ == "__main__":
    torch.set_num_threads(1)
    text = json.dumps({"arithmetic": arithmetic(), "designs": {name: lived(name) for name in DESIGNS}}, indent=1)
    KEPT.write_text(text + "\n")
