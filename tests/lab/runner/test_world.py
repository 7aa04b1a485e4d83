"""The worlds that runs are made in keep the contract `World`."""

from reachenv.lab.design.make import make_design
from reachenv.lab.runner.brains import make_world
from reachenv.lab.runner.world import World


def test_native_worlds_keep_the_contract():
    design = make_design("single", mice=1)
    world = make_world(design, design.subjects())
    assert isinstance(world, World)
    bench = world.unwrapped
    assert bench.sense_slices["paw"] and bench.timing.steps * 0.01 == bench.timing.total
    obs, _ = world.reset(seed=[1])
    assert len(obs) == len(bench.qpos()) == world.num_envs
    world.close()


def test_what_cannot_step_is_no_world():
    assert not isinstance(object(), World)
