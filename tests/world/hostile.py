"""Extreme mice in extreme worlds under hostile commands: how deep things press into each other, how fast the pellet flies, memory.

python tests/world/hostile.py                      a million steps over 64 worlds, three minutes on one core
python tests/world/hostile.py --steps 100000 --bursts 8   replays the fastest flights of the pellet with finer physics as well
"""

import argparse
import heapq
import itertools
import sys
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field

import mujoco
import numpy as np
from test_outcomes import told

from reachenv import BodyVariation, Perturbation, body, spinal
from reachenv import sim as simulation
from reachenv.demonstrator import Script, commands
from reachenv.sim import REST_COMMAND
from reachenv.vector_env import PelletReachVectorEnv

TRIALS_A_BODY = 4
LOOK_EVERY = 8  # control steps between two looks at the depth of every contact
FAST_M_S = 2.0
POLICIES = ("white", "slow", "bang-bang", "script", "squeeze", "far outside")


def extreme_body(rng: np.random.Generator) -> BodyVariation:
    shoulder = tuple(rng.choice([-3.0, 0.0, 3.0], 3))
    return BodyVariation(rng.choice([0.85, 1.0, 1.15]), rng.choice([0.85, 1.0, 1.15]), rng.choice([0.5, 2.0]), shoulder)


def extreme_world(rng: np.random.Generator) -> Perturbation:
    shift = tuple(rng.choice([-6.0, 0.0, 6.0], 3)) if rng.random() < 0.5 else (0.0, 0.0, 0.0)
    turn, force = rng.choice([-90.0, 0.0, 0.0, 90.0]), rng.choice([-0.3, 0.0, 0.0, 0.3])
    return Perturbation(shift, turn, force, rng.choice([0.6, 1.0, 1.5]), rng.choice([0.2, 1.5, 3.0]))


def plan(env: PelletReachVectorEnv, step: int, seed: int) -> np.ndarray:
    """Actions of all worlds at a step of their trial: world i follows POLICIES[i % 6]."""
    n, size = env.action_space.shape
    since = step * 0.01 - env.timing.tone
    rng, slow = np.random.default_rng([seed, step]), np.random.default_rng([seed, step // 15])
    aims = np.random.default_rng([seed, 0]).normal(0, 1.0, (n, 3))
    out = rng.uniform(-1, 1, (n, size))
    out[1::6] = slow.uniform(-1, 1, (n, size))[1::6]
    out[2::6] = np.where((step // 3 + np.arange(size)) % 2, 1.0, -1.0)
    if size == len(REST_COMMAND):
        script = commands(Script(), since, aims) if since >= 0 else np.tile(REST_COMMAND, (n, 1))
        out[3::6] = script[3::6]
        out[4::6] = script[4::6]  # reaches, and slams about with the pellet between its digits
        if since > 0.3:
            out[4::6] = np.sign(slow.standard_normal((n, size)))[4::6]
            out[4::6, 4] = np.where(rng.random(len(out[4::6])) < 0.8, 1.0, -1.0)
    else:
        out[3::6] = np.sign(slow.standard_normal((n, size)))[3::6]
        out[4::6] = 1.0
    out[5::6] = 1e6 * np.sign(rng.standard_normal((n, size)))[5::6]
    return out


@dataclass
class Seen:
    """What a run met. Depths in mm, speeds in m/s, memory in MiB."""

    steps: int = 0
    trials: int = 0
    not_finite: int = 0
    warnings: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    depth: dict[str, float] = field(default_factory=dict)  # deepest of each pair of kinds of things
    pellet_speed: float = 0.0
    hand_speed: float = 0.0  # of the fastest part of the hand, seen when depths are
    fast: int = 0  # world steps that ended with a pellet above FAST_M_S
    memory: list[float] = field(default_factory=list)
    bursts: list[tuple] = field(default_factory=list)  # (speed, number, world, [(state, action) of the last steps])


def resident_mib() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def _kind(model: mujoco.MjModel, geom: int) -> str:
    owner = model.body(int(model.geom_bodyid[geom])).name
    return owner if owner in ("pellet", "plate", "world", "head") else "arm"


def look(env: PelletReachVectorEnv, models: list, seen: Seen) -> None:
    for i, model in enumerate(models):
        data = env.sim.batch.get_data(i)
        mujoco.mj_forward(model, data)
        for contact in data.contact:
            pair = " – ".join(sorted(_kind(model, int(g)) for g in contact.geom))
            seen.depth[pair] = max(seen.depth.get(pair, 0.0), -contact.dist)
        seen.hand_speed = max(seen.hand_speed, hand_speed(model, data))


def hand_speed(model: mujoco.MjModel, data: mujoco.MjData) -> float:
    """Speed [m/s] of the fastest part of the hand, at its centre of mass; kinematics must be current."""
    fastest, velocity, paw = 0.0, np.zeros(6), model.body("paw").id
    for b in range(paw, model.nbody):
        if paw in (b, model.body_parentid[b], model.body_parentid[model.body_parentid[b]]):
            mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_BODY, b, velocity, 0)
            fastest = max(fastest, float(np.linalg.norm(velocity[3:])) / 1000.0)
    return fastest


def hostile(steps: int, n: int = 64, control: str = "spinal", seed: int = 0, bursts: int = 0, nthread: int = 1) -> Seen:
    """`steps` world steps over n worlds; keeps what came before the `bursts` fastest flights."""
    env = PelletReachVectorEnv(n, control=control, autoreset_mode="Disabled", nthread=nthread)
    rng, seen, counter = np.random.default_rng(seed), Seen(), itertools.count()
    speeds = env.sim._qvel[:, env.sim.index.pellet_dofs][:, :3]
    recent: deque = deque(maxlen=3)
    while seen.steps < steps:
        if seen.trials % (TRIALS_A_BODY * n) == 0:
            env.set_bodies([extreme_body(rng) for _ in range(n)])
        env.reset(seed=seed + seen.trials, options={"perturbation": [extreme_world(rng) for _ in range(n)]})
        models = [env.sim.batch.get_model(i) for i in range(n)]
        plan_seed, worst = int(rng.integers(2**31)), np.full(n, 1e-9)
        rewards = np.zeros(n)
        for step in range(env.timing.steps):
            action = plan(env, step, plan_seed)
            if bursts:
                recent.append((env.get_state(), action))
            obs, reward, terminated, *_ = env.step(action)
            rewards += reward
            seen.steps += n
            seen.not_finite += int((~np.isfinite(env.sim.batch.state)).sum() + (~np.isfinite(obs)).sum())
            speed = np.where(env.trials.eaten, 0.0, np.linalg.norm(speeds, axis=1)) / 1000.0
            seen.fast += int((speed > FAST_M_S).sum())
            seen.pellet_speed = max(seen.pellet_speed, float(speed.max()))
            if step % LOOK_EVERY == 0:
                look(env, models, seen)
            begun = (speed > FAST_M_S) & (worst <= FAST_M_S)  # a flight once, and where it began
            if bursts and begun.any():
                i = int(np.argmax(speed * begun))
                heapq.heappush(seen.bursts, (float(speed[i]), next(counter), i, list(recent)))
                seen.bursts = heapq.nlargest(bursts, seen.bursts)
                heapq.heapify(seen.bursts)
            worst = np.maximum(worst, speed)
            if seen.steps >= steps:
                break
        if terminated.all():
            for outcome in told(env.trials, rewards):  # keeps the table of outcomes and events
                seen.outcomes[outcome] = seen.outcomes.get(outcome, 0) + 1
        seen.trials += n
        seen.memory.append(resident_mib())
    seen.warnings = int(env.sim.batch.warning[:, :, 1].sum())
    return seen


# -- the same moments with finer physics ------------------------------------------------------------------------------


@contextmanager
def physics(divide: int = 1, **options):
    """Environments made within step `divide` times finer, with other options of MuJoCo; reflexes and commands come as ever."""
    build, substeps = body.build_model, spinal.REFLEX_SUBSTEPS

    def other() -> mujoco.MjModel:
        model = build()
        model.opt.timestep /= divide
        for name, value in options.items():
            setattr(model.opt, name, value)
        return model

    simulation.body.build_model, spinal.REFLEX_SUBSTEPS = other, substeps * divide
    try:
        yield
    finally:
        simulation.body.build_model, spinal.REFLEX_SUBSTEPS = build, substeps


EXACT = {"iterations": 200, "ls_iterations": 100, "tolerance": 1e-12}
VARIANTS: dict[str, dict] = {
    "as it is (2 ms, 20 iterations, 20 of line search)": {},
    "200 iterations": {"iterations": 200},
    "tolerance 1e-10": {"tolerance": 1e-10},
    "10 of line search": {"ls_iterations": 10},
    "50 of line search": {"ls_iterations": 50},
    "200 iterations, 100 of line search": {"iterations": 200, "ls_iterations": 100},
    "1 ms": {"divide": 2},
    "0.25 ms": {"divide": 8},
    "0.1 ms, tolerance 1e-12, 200 iterations, 100 of line search": {"divide": 20, **EXACT},
}


def replay(bursts: list[tuple], n: int, control: str) -> dict[str, list[tuple[float, float]]]:
    """(fastest pellet, fastest part of the hand) [m/s] of each burst in the 30 ms that led to it, by variant of physics."""
    out: dict[str, list] = {name: [] for name in VARIANTS}
    for name, variant in VARIANTS.items():
        with physics(**variant):
            env = PelletReachVectorEnv(n, control=control, autoreset_mode="Disabled")
        for _, _, world, recent in sorted(bursts, reverse=True, key=lambda b: b[0]):
            env.set_state(recent[0][0])
            model, fastest, hand = env.sim.batch.get_model(world), 0.0, 0.0
            inner = env.sim.batch.step

            def watched(*args, nstep: int = 1, inner=inner, **kwargs) -> None:
                nonlocal fastest, hand
                for _ in range(nstep):
                    inner(*args, nstep=1, **kwargs)
                    speed = np.linalg.norm(env.sim._qvel[world, env.sim.index.pellet_dofs][:3]) / 1000.0  # noqa: B023
                    fastest = max(fastest, float(speed))
                data = env.sim.batch.get_data(world)  # noqa: B023
                mujoco.mj_forward(model, data)  # noqa: B023
                hand = max(hand, hand_speed(model, data))  # noqa: B023

            env.sim.batch.step = watched
            for _, action in recent:
                env.step(action)
            env.sim.batch.step = inner
            out[name].append((fastest, hand))
    return out


def show(control: str, seen: Seen, seconds: float) -> None:
    print(f"{control}: {seen.steps} world steps, {seen.trials} trials, {seconds:.0f} s")
    print("  outcomes: " + ", ".join(f"{name} {count}" for name, count in sorted(seen.outcomes.items())))
    print(f"  numbers that are not finite {seen.not_finite}, warnings of MuJoCo {seen.warnings}")
    print(f"  fastest pellet {seen.pellet_speed:.2f} m/s, fastest part of the hand {seen.hand_speed:.2f} m/s; "
          f"pellet above {FAST_M_S:g} m/s in {seen.fast} world steps")  # fmt: skip
    print("  deepest contact: " + ", ".join(f"{pair} {depth:.2f} mm" for pair, depth in sorted(seen.depth.items())))
    tenth = max(1, len(seen.memory) // 10)
    print(f"  memory {seen.memory[tenth - 1]:.1f} MiB after a tenth, {seen.memory[-1]:.1f} MiB at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--steps", type=int, default=1_000_000, help="world steps in all, half of them under either control"
    )
    parser.add_argument("--control", choices=("spinal", "muscle"), help="half of the steps, under this control alone")
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bursts", type=int, default=0, help="replay so many of the fastest flights of the pellet")
    parser.add_argument("--physics", default=next(iter(VARIANTS)), choices=VARIANTS, help="solver and time step")
    args = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    for control in [args.control] if args.control else ["spinal", "muscle"]:
        start = time.monotonic()
        with physics(**VARIANTS[args.physics]):
            seen = hostile(args.steps // 2, args.worlds, control, args.seed, args.bursts)
        show(control, seen, time.monotonic() - start)
        if seen.bursts:
            for speed, _, world, recent in sorted(seen.bursts, reverse=True, key=lambda b: b[0]):
                mouse = recent[0][0]["mice"]["perturbations"]
                print(f"  burst {speed:.2f} m/s: pellet x {mouse['pellet_scale'][world]}, friction {mouse['pellet_friction'][world]}, "
                      f"policy {POLICIES[world % 6]}, at {recent[-1][0]['physics']['time'][world]:.2f} s")  # fmt: skip
            for name, speeds in replay(seen.bursts, args.worlds, control).items():
                print(f"  {name:60s}" + "  ".join(f"{pellet:5.2f}/{hand:4.2f}" for pellet, hand in speeds))


if __name__ == "__main__":
    main()
