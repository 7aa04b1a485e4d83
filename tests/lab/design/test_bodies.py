"""Mice differ in body, by their birth seed alone."""

from dataclasses import replace

import numpy as np

from reachenv.lab.design.bodies import BONE_SD, body_of


def test_a_birth_seed_gives_one_body_and_another_seed_another():
    assert body_of(7) == body_of(7)
    assert body_of(7) != body_of(8)


def test_bodies_spread_around_the_standard_one_and_stay_within_what_the_world_allows():
    bodies = [body_of(seed) for seed in range(400)]  # BodyVariation itself refuses what is out of range
    forearm = np.array([b.forearm for b in bodies])
    assert abs(forearm.mean() - 1) < 0.005
    assert abs(forearm.std() / BONE_SD - 1) < 0.2


def test_twins_share_a_body_and_a_litter_of_its_own_does_not():
    from reachenv.lab.design.group import Group
    from reachenv.lab.design.make import make_design
    from reachenv.lab.runner.brains import births

    design = make_design("acquisition", groups=("control", "m1-block", "sham"), mice=1)
    others = replace(design, groups=(*design.groups, Group("others", litter=1)))
    control, blocked, sham, other = births(others, others.subjects())
    assert control == blocked == sham != other


def test_the_world_of_a_run_has_these_bodies():
    from reachenv.lab.design.make import make_design
    from reachenv.lab.runner.brains import births, make_world

    design = make_design("acquisition", groups=("control",), mice=2)
    world = make_world(design, design.subjects())
    world.reset(seed=1)
    for mouse, birth in enumerate(births(design, design.subjects())):
        # The same commands bring another body's paw elsewhere: sensed muscle lengths tell whose body it is.
        other = make_world(design, design.subjects())
        other.unwrapped.set_bodies([body_of(birth)] * 2)
        obs, _ = other.reset(seed=1)
        mine, _ = world.reset(seed=1)
        assert np.array_equal(mine[mouse], obs[mouse])
        other.close()
    assert not np.array_equal(mine[0], mine[1])
    world.close()
