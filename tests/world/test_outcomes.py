"""The table in reachenv.env: which events an outcome has, and in which order. On arrays by hypothesis, then on physics."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reachenv import Timing
from reachenv.course import GRAB_PARTS
from reachenv.demonstrator import Script, commands, demonstrate
from reachenv.schema import CONTROL_DT, EVENTS, OUTCOMES
from reachenv.sim import REST_COMMAND
from reachenv.trial import PERCH_MM, Measured, Trials
from reachenv.vector_env import PelletReachVectorEnv

YES, NO, MAYBE = "yes", "no", "maybe"
EVENTS_OF = {  # (lift, reach, grab, at_mouth, chew)
    "success": (YES, YES, YES, YES, YES),
    "drop": (YES, YES, YES, MAYBE, NO),
    "slip": (YES, YES, YES, MAYBE, NO),
    "knock": (MAYBE, MAYBE, NO, NO, NO),
    "miss": (YES, YES, NO, NO, NO),
    "no_reach": (MAYBE, NO, NO, NO, NO),
}


def check(t: dict, outcome: str, timing: Timing, duration: float, eaten: int) -> None:
    """What must hold of any trial, given the times of its events, NaN for none."""
    for name, may in zip(("lift", "reach", "grab", "at_mouth", "chew"), EVENTS_OF[outcome], strict=True):
        assert may == MAYBE or np.isfinite(t[name]) == (may == YES), (outcome, name, t)
    assert eaten == (outcome == "success"), (outcome, eaten)
    end = t["tone"] + timing.response_window + 1e-6
    for first, then, strictly in (
        ("tone", "lift", True), ("lift", "reach", False), ("reach", "grab", False), ("grab", "at_mouth", True), ("at_mouth", "chew", True),
        ("grab", "supination", False), ("reach", "back_to_perch", True),
    ):  # fmt: skip
        if np.isfinite(t[then]):
            assert t[then] - t[first] > (CONTROL_DT / 2 if strictly else -1e-9), (first, then, t)
    assert not t["lift"] > end and not t["reach"] > end, t
    assert np.isfinite(duration) == np.isfinite(t["reach"]) and not duration < 0


# -- the state machine, any course of a trial ------------------------------------------------------------------------

WAITING = np.array([8.0, -3.5, -8.5])
QUICK = Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.3, total=0.8)
GRIPS = {"perch": PERCH_MM, "way": (PERCH_MM + WAITING) / 2, "pellet": WAITING + [0, 0, 1.0], "mouth": np.zeros(3)}
PELLETS = {"cup": WAITING, "raised": WAITING + [0, 0, 3.0], "mouth": np.zeros(3), "floor": np.array([12.0, 5.0, -30.0])}
SCENE = st.tuples(
    st.sampled_from(sorted(GRIPS)), st.sampled_from(sorted(PELLETS)), st.integers(0, 6), st.booleans(), st.booleans(), st.integers(1, 30)
)  # fmt: skip
TRIAL = st.lists(SCENE, min_size=1, max_size=12)


def written(scenes: list) -> list:
    """One frame a control step from scenes of some steps each; the last goes on until the trial ends."""
    frames = [scene[:-1] for scene in scenes for _ in range(scene[-1])]
    return (frames + [frames[-1]] * QUICK.steps)[: QUICK.steps]


def follow_all(plays: list) -> list[str]:
    """Play trials side by side in the state machine, check each, and return their outcomes."""
    n = len(plays)
    trials, frames, eaten = Trials(n, QUICK), [written(scenes) for scenes in plays], np.zeros(n, int)
    time = np.zeros(n)
    for step in range(QUICK.steps):
        now = [frame[step] for frame in frames]
        time += CONTROL_DT
        before = trials.times["grab"].copy()
        parts = np.array([f[2] for f in now])
        eaten += trials.update(
            Measured(
                time=time,
                grip=np.array([GRIPS[f[0]] for f in now]),
                pellet=np.array([PELLETS[f[1]] for f in now]),
                cup=np.tile(WAITING, (n, 1)),
                waiting=np.tile(WAITING, (n, 1)),
                parts_on_pellet=parts,
                pellet_on_plate=np.array([f[3] for f in now]),
                hand_on_plate=np.zeros(n, bool),
                hand_on_head=np.zeros(n, bool),
                supination=np.array([2.0 * f[4] for f in now]),
            )
        )
        grabs = np.isnan(before) & np.isfinite(trials.times["grab"])
        assert (parts[grabs] >= GRAB_PARTS).all()
    for i, outcome in enumerate(trials.outcome()):
        check({e: times[i] for e, times in trials.times.items()}, outcome, QUICK, trials.reach_duration()[i], eaten[i])
        assert np.isfinite(trials.aim_error[i]) == np.isfinite(trials.times["lift"][i])
    return trials.outcome().tolist()


def course(*scenes) -> list:
    """A trial from (grip, pellet, parts, steps)."""
    return [(grip, pellet, parts, False, False, steps) for grip, pellet, parts, steps in scenes]


LATE_SECOND = course(
    ("perch", "cup", 0, 22), ("pellet", "cup", 0, 3), ("perch", "cup", 0, 26), ("pellet", "cup", 4, 4), ("mouth", "mouth", 4, 9)
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(TRIAL, min_size=8, max_size=24))
@example([LATE_SECOND] * 2)
def test_any_course_of_a_trial_keeps_the_table(plays):
    follow_all(plays)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(TRIAL)
@example(LATE_SECOND)
def test_so_does_a_world_alone(scenes):
    follow_all([scenes])


def shuffled(rng: np.random.Generator, slow: int) -> list:
    """Courses near those that succeed: its scenes in order, of any length, some left out or repeated."""
    usual = course(
        ("perch", "cup", 0, 22),
        ("pellet", "cup", 0, 4),
        ("pellet", "cup", 4, 4),
        ("way", "raised", 4, 4),
        ("mouth", "mouth", 4, 8),
        ("perch", "floor", 0, 5),
    )
    picked = np.sort(rng.integers(0, len(usual), rng.integers(3, 11)))
    if rng.random() < 0.5:
        picked = np.concatenate([picked, np.sort(rng.integers(0, len(usual), 5))])
    return [(*usual[i][:-1], max(1, int(usual[i][-1] * rng.uniform(0.3, slow)))) for i in picked]


def test_thousands_of_courses_near_success():
    rng = np.random.default_rng(0)
    seen: dict[str, int] = {}
    for slow in (1, 2, 3, 4):
        for outcome in follow_all([shuffled(rng, slow) for _ in range(1000)]):
            seen[outcome] = seen.get(outcome, 0) + 1
    assert set(seen) == set(OUTCOMES) and min(seen.values()) >= 20, seen


@pytest.mark.parametrize(
    ("scenes", "outcome"),
    [
        (LATE_SECOND, "miss"),
        # Arrived in time, ate after the window.
        (course(("perch", "cup", 0, 45), ("pellet", "cup", 0, 6), ("pellet", "cup", 4, 3), ("mouth", "mouth", 4, 9)), "success"),
        # Lifted in time, arrived too late: nothing it does then counts.
        (course(("perch", "cup", 0, 40), ("way", "cup", 0, 11), ("pellet", "cup", 4, 4), ("mouth", "mouth", 4, 9)), "no_reach"),
        (course(("perch", "cup", 0, 51), ("pellet", "floor", 1, 9)), "no_reach"),
        # Grabbed in time, let go, went home, and picked it up again too late.
        (
            course(
                ("perch", "cup", 0, 22), ("pellet", "cup", 4, 5), ("perch", "cup", 0, 25), ("pellet", "cup", 4, 3), ("mouth", "mouth", 4, 9)
            ),
            "slip",
        ),
        # Before the tone: the pellet is lost, and there is nothing to reach for.
        (course(("pellet", "floor", 1, 9), ("perch", "floor", 0, 70)), "knock"),
    ],
)  # fmt: skip
def test_early_and_late_movements(scenes, outcome):
    assert follow_all([scenes, scenes]) == [outcome] * 2
    assert follow_all([scenes]) == [outcome]


def test_the_check_notices_a_late_reward_and_a_missing_reach():
    t = dict.fromkeys(EVENTS, np.nan) | {
        "tone": 0.2,
        "lift": 0.3,
        "reach": 0.4,
        "grab": 0.45,
        "at_mouth": 0.5,
        "chew": 0.6,
    }
    check(t, "success", QUICK, 0.15, 1)
    for wrong in ({"reach": np.nan}, {"reach": 0.6}, {"lift": 0.2}, {"at_mouth": 0.45}):
        with pytest.raises(AssertionError):
            check(t | wrong, "success", QUICK, 0.15, 1)
    with pytest.raises(AssertionError):
        check(t, "success", QUICK, 0.15, 2)


# -- physics ---------------------------------------------------------------------------------------------------------


def told(trials: Trials, eaten: np.ndarray) -> list[str]:
    """Check trials that have ended, of which `eaten` (N,) counts the rewards; return their outcomes."""
    outcomes, durations = trials.outcome().tolist(), trials.reach_duration()
    for i, outcome in enumerate(outcomes):
        check({e: times[i] for e, times in trials.times.items()}, outcome, trials.timing, durations[i], eaten[i])
    return outcomes


@pytest.mark.parametrize("reaction_s", [1.80, 1.85, 1.9, 1.95, 1.99, 2.2])
def test_a_scripted_reach_that_comes_late_does_not_pay(reaction_s):
    env = PelletReachVectorEnv(2, autoreset_mode="Disabled")
    info = demonstrate(Script(reaction_s=reaction_s), np.zeros((2, 3)), [0, 1], env=env)
    outcome = "success" if reaction_s < 1.87 else "no_reach"
    assert told(env.trials, np.array(info["is_success"])) == [outcome] * 2


@pytest.mark.parametrize("kind", ["early", "hasty", "random"])
def test_early_and_hostile_trials_keep_the_table(kind):
    """Eight worlds by two trials, each with a course of its own."""
    env = PelletReachVectorEnv(8, timing=Timing(tone=0.4, turn_lead=0.4, turn_time=0.3, response_window=0.6, total=1.4))
    env.reset(seed=0)
    rng, action = np.random.default_rng(1), np.zeros((8, 5))
    starts = rng.uniform(-0.3, 0.1, 8) if kind == "early" else rng.uniform(0.2, 0.6, 8)
    aims = rng.normal(0, 1.0, (8, 3))
    seen, total, step = [], np.zeros(8), 0
    while len(seen) < 16:
        if kind == "random":
            action = rng.uniform(-1, 1, (8, 5)) if step % 12 == 0 else action
        else:
            time = step * CONTROL_DT - env.timing.tone
            action = np.stack(
                [commands(Script(), time - s, a[None])[0] if time >= s else REST_COMMAND for s, a in zip(starts, aims, strict=True)]
            )  # fmt: skip
        parts_before = np.isnan(env.trials.times["grab"])
        _, reward, terminated, *_ = env.step(action)
        grabs = parts_before & np.isfinite(env.trials.times["grab"])
        assert (env.sim.measure().parts_on_pellet[grabs] >= GRAB_PARTS).all()
        total += reward
        step += 1
        if terminated.all():
            seen += told(env.trials, total)
            total[:], step = 0.0, 0
            starts += 0.1
            env.step(action)  # begins the next trial
    assert kind == "random" or len(set(seen)) > 1
