"""The seed tree: stable, without collisions, and blind to how many mice there are."""

from reachenv.lab.design.seeds import birth_seed, brain_seed, imaging_seed, world_seed


def test_every_leaf_has_its_own_seed():
    leaves = [
        f(0, litter, mouse, session, trial)
        for f in (world_seed, brain_seed)
        for litter in (0, 1)
        for mouse in range(1, 6)
        for session in range(1, 8)
        for trial in range(1, 61)
    ]
    leaves += [birth_seed(0, litter, mouse) for litter in (0, 1) for mouse in range(1, 6)]
    leaves += [imaging_seed(0, litter, mouse, s) for litter in (0, 1) for mouse in range(1, 6) for s in range(1, 8)]
    assert len(set(leaves)) == len(leaves)


def test_another_cohort_shares_nothing():
    assert world_seed(0, 0, 1, 1, 1) != world_seed(1, 0, 1, 1, 1)


def test_seeds_survive_json_and_double_precision():
    assert all(0 <= world_seed(c, 0, 1, 1, 1) < 2**53 for c in range(100))


def test_seeds_are_the_same_in_every_version():
    """Runs made once must be repeatable: these numbers may never change."""
    assert world_seed(0, 0, 1, 1, 1) == WORLD and brain_seed(0, 0, 1, 1, 1) == BRAIN


WORLD, BRAIN = 1379806088798565, 3674142855074610
