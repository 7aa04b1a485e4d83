"""Mice with different brains run in batches of one kind, as one run that resumes, and are told apart only by their brains."""

import numpy as np
import stub
from small_runs import assert_same, finish_here

from reachenv.lab.records.recording import read_recording, read_trials
from reachenv.lab.runner.brains import Parts, parts_for


def make_brain(design, subjects, senses, actions):
    """The stub's brain, which does not learn where M1 plasticity is ablated."""
    (variant,) = {s.group.variant for s in subjects}  # fails where brains of two kinds share a batch
    brain = stub.make_brain(design, subjects, senses, actions)
    if variant == "no-m1-plasticity":
        brain.end_trial = lambda reward: {"rpe": reward}
    return brain


KINDS = Parts(stub.make_world, make_brain)


def test_brains_of_one_kind_share_a_batch(here):
    run, design = here(parts=KINDS, name="a", design="ablation", trials=6)
    trials = read_trials(run)
    assert set(trials.group) == {g.name for g in design.groups}
    seeds = trials.pivot_table(index=["mouse", "session", "trial"], columns="group", values="seed", aggfunc="first")
    assert (seeds.nunique(axis=1) == 1).all()  # twins: the same luck


def test_mice_one_by_one_give_the_same_bits(here, new_run):
    together, _ = here(parts=KINDS, name="a", design="ablation", groups=("control", "no-m1-plasticity"))
    apart, design = new_run("b", design="ablation", groups=("control", "no-m1-plasticity"))
    for subject in design.subjects():
        finish_here(apart, design, KINDS, (subject,))
    assert_same(together, apart)


def test_the_real_loop_lacks_what_its_group_lacks(here):
    run, design = here(parts=parts_for("bg_loop"), name="r", design="ablation", groups=("control", "open-loop"),
                       mice=1, sessions=2, trials=1)  # fmt: skip
    control, cut = (read_recording(run, s, 1, ["command"])["command"] for s in design.subjects())
    assert control.shape == cut.shape and not np.array_equal(control, cut)
