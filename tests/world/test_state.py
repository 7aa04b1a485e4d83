"""A trial in progress is put back and goes on bit-identically: here, in another instance, in another process."""

import copy
import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import reachenv
from reachenv import OUTCOMES, BodyVariation, Nerves, Perturbation, Timing
from reachenv.demonstrator import Script, commands
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

QUICK = Timing(tone=0.3, turn_lead=0.3, turn_time=0.2, response_window=0.6, total=1.2)
NERVES = Nerves(delay_s={"pellet": 0.05, "touch": 0.02}, noise={"muscle_length": 0.1})
BODIES = [
    BodyVariation(),
    BodyVariation(humerus=1.05, strength=1.3),
    BodyVariation(forearm=0.95, shoulder_mm=(0.5, -0.5, 0.3)),
]
WORLDS = [
    Perturbation(),
    Perturbation(plate_shift_mm=(1.0, -1.0, 0.5), force_field=0.1),
    Perturbation(command_rotation_deg=20.0, pellet_scale=0.8),
]
MOMENTS = {"new": 0, "turning": 12, "before the tone": 28, "grasp": 62, "after the outcome": 110, "next trial": 150}
LENGTH = 1000


def make(control: str = "spinal", n: int = 3, **kwargs) -> PelletReachVectorEnv:
    return PelletReachVectorEnv(n, control=control, timing=QUICK, **kwargs)


def action(env: PelletReachVectorEnv, step: int) -> np.ndarray:
    """World 0 reaches by the script over and over; the others slam about. The same whatever happened before."""
    rng = np.random.default_rng(step // 8)
    out = rng.uniform(-1, 1, env.action_space.shape)
    if env.sim.control == "spinal":
        time = step % 121 * 0.01 - QUICK.tone
        out[0] = commands(Script(), time, np.zeros((1, 3)))[0] if time >= 0 else REST_COMMAND
    return out


def digest(out: tuple) -> str:
    found = hashlib.sha256()

    def take(value) -> None:
        if isinstance(value, dict):
            for name in sorted(value):
                found.update(name.encode())
                take(value[name])
        else:
            value = np.asarray(value)
            found.update(str(value.tolist()).encode() if value.dtype == object else value.tobytes())

    for value in out:
        take(value)
    return found.hexdigest()


def walk(env: PelletReachVectorEnv, start: int, stop: int, states: dict | None = None) -> list[str]:
    """A digest of all that each step returns; on the way states are taken at the steps that `states` names."""
    out = []
    for step in range(start, stop):
        if states is not None and step in states:
            states[step] = env.get_state()
        out.append(digest((*env.step(action(env, step)), env.qpos(), env.muscle_activation())))
    return out


def begun(env: PelletReachVectorEnv) -> PelletReachVectorEnv:
    """With mice of their own in perturbed worlds, out of phase."""
    env.set_bodies(BODIES)
    env.reset(seed=5, options={"perturbation": WORLDS})
    for step in range(25):
        env.step(action(env, step))
    env.reset(options={"reset_mask": np.array([True, False, False]), "perturbation": WORLDS})
    return env


@pytest.mark.parametrize("control", ["spinal", "muscle"])
def test_a_restored_trial_goes_on_for_a_thousand_steps(control):
    env = begun(make(control, nerves=NERVES, reward="shaped"))
    states = dict.fromkeys(MOMENTS.values())
    through = walk(env, 0, MOMENTS["grasp"] + LENGTH, states)
    if control == "spinal":
        t = states[MOMENTS["grasp"]]["trials"]
        assert (
            np.isfinite(t["grab_time"][0])
            and not t["eaten"][0]
            and states[MOMENTS["after the outcome"]]["trials"]["eaten"][0]
        )
    other = make(control, nerves=NERVES, reward="shaped")
    other.reset(seed=9)
    for k, (moment, step) in enumerate(MOMENTS.items()):
        into = env if k % 2 else other  # each is elsewhere, with other mice or in another trial
        stop = step + (LENGTH if moment == "grasp" else 150)
        into.set_state(states[step])
        assert walk(into, step, stop) == through[step:stop], moment


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_plain_worlds_go_on_in_an_instance_that_had_other_mice(mode):
    env = make(n=3, autoreset_mode=mode)
    env.reset(seed=1)
    states = {40: None}
    through = walk(env, 0, 200, states)
    varied = begun(make(autoreset_mode=mode, stop_early=False))
    walk(varied, 0, 33)
    varied.set_state(states[40])
    assert walk(varied, 40, 200) == through[40:]


def test_states_are_plain_data_and_go_to_another_process():
    env = begun(make(nerves=NERVES))
    walk(env, 0, 62)
    state = env.get_state()

    def plain(value):
        if isinstance(value, dict):
            return {name: plain(v) for name, v in value.items()}
        if isinstance(value, list):
            return [plain(v) for v in value]
        assert isinstance(value, np.ndarray | str | int | bool | float), value
        return value.tolist() if isinstance(value, np.ndarray) else value

    text = json.dumps(plain(state))
    expected = digest(tuple(walk(env, 62, 200)))
    code = "import sys, json; sys.path.insert(0, sys.argv[1]); import test_state as t; env = t.make(nerves=t.NERVES); "
    code += "env.set_state(json.load(sys.stdin)); print(t.digest(tuple(t.walk(env, 62, 200))))"
    out = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], input=text, capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.split()[-1] == expected


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["deepcopy", "pickle"]
)
def test_a_copy_goes_on_with_the_trial(copied):
    env = begun(make(nerves=NERVES))
    walk(env, 0, 62)
    twin = copied(env)
    expected = walk(env, 62, 200)
    assert walk(twin, 62, 200) == expected
    assert np.array_equal(twin.action_space.sample(), env.action_space.sample())

    one = gymnasium.make(reachenv.ENV_ID, timing=QUICK, nerves=NERVES)
    one.reset(seed=2, options={"plate_shift_mm": (1.0, 0.0, 0.0)})
    steps = [commands(Script(), k * 0.01 - QUICK.tone, np.zeros((1, 3)))[0] for k in range(120)]
    for k in range(60):
        one.step(steps[k])
    other = copied(one)
    state = one.unwrapped.get_state()
    third = gymnasium.make(reachenv.ENV_ID, timing=QUICK, nerves=NERVES).unwrapped
    third.set_state(state)
    for k in range(60, 120):
        a, b, c = one.step(steps[k]), other.step(steps[k]), third.step(steps[k])
        assert np.array_equal(a[0], b[0]) and a[1:4] == b[1:4] and np.array_equal(a[0], c[0]) and a[1:4] == c[1:4]
    assert a[3] is False and a[2] and str(a[4]) == str(b[4]) == str(c[4])
    assert np.array_equal(one.reset()[0], other.reset()[0])


def test_a_state_taken_before_the_first_reset_and_one_after_the_end():
    env = make(n=1, autoreset_mode="Disabled")
    new = env.get_state()
    env.reset(seed=0)
    for _ in range(QUICK.steps):
        *_, info = env.step(REST_COMMAND[None])
    ended = env.get_state()
    for state, says in ((new, "reset"), (ended, "reset")):
        env.reset(seed=0)
        env.set_state(state)
        with pytest.raises(RuntimeError, match=says):
            env.step(REST_COMMAND[None])
    assert env.trials.outcome()[0] == OUTCOMES[info["outcome_code"][0]]


# -- states that do not fit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({"control": "muscle"}, "control='muscle'"),
        ({"n": 2}, "worlds=2"),
        ({"reward": "shaped"}, "reward='shaped'"),
        ({"nerves": NERVES}, "nerves="),
        ({"stop_early": True}, "stop_early=True"),
        ({}, "timing="),
    ],
)
def test_a_state_of_another_task_is_refused(there, says):
    state = make(**there).get_state() if there else PelletReachVectorEnv(3).get_state()
    with pytest.raises(ValueError, match=says):
        make().set_state(state)


def leaves(value, path=()):
    """Paths to everything in a state."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from leaves(inner, (*path, name))


def spoiled(state: dict, path: tuple, how) -> dict:
    state = copy.deepcopy(state)
    where = state
    for name in path[:-1]:
        where = where[name]
    if how == "lacking":
        del where[path[-1]]
    else:
        where[path[-1]] = how(where[path[-1]])
    return state


def not_finite(value):
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value = value.copy()
        value.ravel()[-1] = np.nan
        return value
    return float("nan")


HOW = {
    "lacking": "lacking",
    "none": lambda _: None,
    "text": lambda _: "text",
    "object": lambda _: [object(), {}],
    "ragged": lambda _: [[1], [1, 2]],
    "longer": lambda v: np.concatenate([v, v]) if isinstance(v, np.ndarray) and v.ndim else [v, v],
    "nan": not_finite,
    "complex": lambda v: np.asarray(v, complex) if isinstance(v, np.ndarray) else 1j,
    "huge": lambda v: -(10**30) if isinstance(v, int) else 10**400,
}
MAY_BE_NAN = {"endpoint", "closest_time", "peak_speed", "aim_error"}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_any_damage_is_refused_in_a_sentence_and_changes_nothing(how):
    env = begun(make(nerves=NERVES))
    good = env.get_state()
    walk(env, 0, 20)
    before = env.get_state()
    for path in leaves(good):
        if how is not_finite and (path[-1] in MAY_BE_NAN or str(path[-1]).endswith("_time")):
            continue
        if path[0] == "random" and len(path) > 2 and how is HOW["huge"]:
            continue  # numpy takes any number here
        with pytest.raises(ValueError) as caught:
            env.set_state(spoiled(good, path, how))
        said = str(caught.value)
        assert "\n" not in said and said.endswith(".") and len(said) < 1000, (path, said)
    after = env.get_state()
    assert pickle.dumps(after) == pickle.dumps(before)
    env.set_state(good)


@pytest.mark.parametrize("wrong", [None, [], "state", {}, {"version": 99}, {"version": True}, {"version": np.zeros(3)}])
def test_what_is_no_state_is_refused(wrong):
    with pytest.raises(ValueError, match="state"):
        make(n=1).set_state(wrong)
