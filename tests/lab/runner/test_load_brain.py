"""Trained mice out of a run: they act as they did there, and go on learning in a world of one's own."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stub import STUB

import reachenv  # noqa: F401  registers the environment
from reachenv.agents.rl.bg_loop import BGLoop
from reachenv.agents.rl.sb3_env import PelletVecEnv
from reachenv.lab.errors import UserError
from reachenv.lab.runner.brains import parts_for
from reachenv.lab.runner.load import load_brain


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from small_runs import finish_here, make_run

    run, design = make_run(
        tmp_path_factory.mktemp("load") / "run", mice=2, sessions=2, trials=2, groups=("control", "m1-block")
    )
    finish_here(run, design, parts_for("bg_loop"))
    return run


def worlds(n=1):
    return gymnasium.make_vec("reachenv/PelletReach-v0", n, nthread=1, autoreset_mode=AutoresetMode.DISABLED)


def one_trial(brain, world, seed=3):
    """Commands (T, B, 5) of one trial."""
    obs, _ = world.reset(seed=[seed] * world.num_envs)
    brain.begin_trial([seed] * world.num_envs)
    reward, over, commands = np.zeros(world.num_envs), False, []
    while not over:
        commands.append(brain.step(obs, reward))
        obs, reward, terminated, truncated, _ = world.step(commands[-1])
        over = bool((terminated | truncated).all())
    brain.end_trial(reward)
    return np.array(commands)


def test_a_mouse_acts_and_learns_in_a_world_of_ones_own(run):
    mouse = load_brain(run.path, "control/m02", session=2)
    before = mouse.state(0)
    commands = one_trial(mouse, worlds())
    assert commands.shape == (400, 1, 5) and np.ptp(commands) > 0.5
    assert any(not np.array_equal(before[name], value) for name, value in mouse.state(0).items())


def test_it_is_the_mouse_of_that_session(run):
    first, last, again = (load_brain(run, "control/m01", session=s) for s in (1, 2, None))
    assert not all(np.array_equal(first.state(0)[k], v) for k, v in last.state(0).items())
    assert all(np.array_equal(again.state(0)[k], v) for k, v in last.state(0).items())
    assert np.array_equal(one_trial(last, worlds()), one_trial(again, worlds()))


def test_several_mice_share_a_batch_and_stay_themselves(run):
    both = load_brain(run, ["control/m01", "m1-block/m02"], session=1)
    alone = load_brain(run, "m1-block/m02", session=1)
    assert np.array_equal(one_trial(both, worlds(2))[:, 1:], one_trial(alone, worlds()))


def test_bg_loop_takes_it(run):
    mouse = load_brain(run, "control/m01", session=2)
    model = BGLoop.load(mouse, PelletVecEnv(worlds()))
    assert all(np.array_equal(model.loop.state(0)[k], v) for k, v in mouse.state(0).items())
    model.learn(400)
    assert model.trials_done >= 1 and model.loop.session == 3


@pytest.mark.parametrize(
    "mouse, session, said",
    [
        ("control/m03", None, "no mouse 'control/m03'; it has m01 to m02 of control, m1-block"),
        ("nobody/m01", None, "no mouse 'nobody/m01'"),
        ("m01", None, "no mouse 'm01'"),
        ("control/m01", 3, "has sessions 1-2 .* session 3 given"),
        ([], None, "name at least one mouse"),
    ],
)
def test_what_is_not_there_is_refused(run, mouse, session, said):
    with pytest.raises(UserError, match=said):
        load_brain(run, mouse, session)


def test_a_damaged_brain_is_named(here):
    run, design = here("stubs", parts=STUB)
    files = run.session_files(design.subjects()[0], 1)
    files.brain.write_bytes(b"nothing")
    with pytest.raises(UserError, match="session-01.safetensors"):
        load_brain(run, str(design.subjects()[0]), session=1)
