"""Make the novice: a blank brain babbles, is shaped towards the pellet, and practises until it knows what to expect.

    reachenv novice          writes assets/novice.safetensors and novice.json, about ten minutes on one core

Babbling is self-supervised: from where the paw was felt to be after random commands comes the command that brings it to a
wanted place. Shaping is what an experimenter does with a hungry mouse: of several ways to do each part of the act, those
that came nearer to eating are kept. Both end before the experiment; none of their seeds is used again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

import reachenv  # noqa: F401 registers the world
from reachenv.agents import checkpoint
from reachenv.agents.brain.cortex import PHASE_INDEX, PHASES
from reachenv.agents.brain.dopamine import N_EXTRA, DopamineParams
from reachenv.agents.brain.loop import Loop
from reachenv.agents.brain.mouse import DIRECTIONS, NEAR_PELLET, Novice
from reachenv.agents.brain.params import ACTIONS, LoopParams
from reachenv.lab.runner.world import World

Say = Callable[[str], object]

SEED = 20_260_000  # of everything here
HOLD_STEPS = 40  # how long a babbled command is held before the paw is felt
CM_TO_MM = 10.0
BAND = (0.20, 0.40)  # success of a novice


@dataclass(frozen=True)
class Act:
    """What shaping may change, in mm, from a naive start: the paw itself goes to the pellet and then to the mouth.

    lift: how far forward (share of the way) and up (above the contact) the paw first rises. over: height from which it comes
    down. contact, mouth: the grip point against the pellet and against the mouth. up: how far the catch is first raised.
    """

    values: np.ndarray

    NAMES = ("lift_share", "lift", "over", "contact_x", "contact_y", "contact_z", "up", "mouth_x", "mouth_y", "mouth_z")
    NAIVE = (0.25, 5.0, 4.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0)
    SPREAD = (0.1, 1.0, 1.0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)

    def goals(self, rest: np.ndarray, pellet: np.ndarray) -> np.ndarray:
        """Where the paw should be in each phase (phases, 3) [mm], with pronation and grip (phases, 5). The mouth is 0."""
        share, lift, over, cx, cy, cz, up, *lips = self.values
        contact, mouth = pellet + (cx, cy, cz), np.array(lips)
        rise = rest + share * (contact - rest)
        rise[2] = contact[2] + lift
        raised = contact + (0.0, 0.0, up)
        # Digits curl at rest, open above the pellet, close on it (more than fully: a tight grip); the palm turns up on the
        # way to the mouth: the innate form of the act (Whishaw 2017).
        table = {
            "hold": (rest, 1.0, -0.2), "lift": (rise, 1.0, -0.2), "reach": (contact + (0, 0, over), 1.0, -1.0),
            "descend": (contact, 1.0, -1.0), "close": (contact, 1.0, 1.4), "raise": (raised, 1.0, 1.4),
            "carry": (0.4 * raised + 0.6 * mouth, -0.3, 1.4), "mouth": (mouth, -0.94, 1.4), "eat": (mouth, -0.94, 1.4),
            "back": (rest, 1.0, -0.2),
        }  # fmt: skip
        return np.array([np.r_[table[phase]] for phase in PHASES])


@dataclass(frozen=True)
class PawMap:
    """What babbling taught: command (x, y, z) = matrix @ paw [mm] + offset."""

    matrix: np.ndarray
    offset: np.ndarray

    def command(self, goals: np.ndarray) -> np.ndarray:
        """Goals (phases, 5) in mm → commands (phases, 5)."""
        return np.c_[np.clip(goals[:, :3] @ self.matrix.T + self.offset, -1, 1), goals[:, 3:]]


def make_world(n: int, reward: str = "sparse") -> World:
    """N worlds in one thread, reset by hand."""
    made = gymnasium.make_vec(
        "reachenv/PelletReach-v0", num_envs=n, nthread=1, autoreset_mode=AutoresetMode.DISABLED, reward=reward
    )
    return cast(World, made)


def babble(world: World, reaches: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random commands and where they brought the paw: (reaches, 3) each, the paw in mm. Touching anything does not count."""
    where = world.unwrapped.sense_slices
    commands: list[np.ndarray] = []
    felt: list[np.ndarray] = []
    while len(felt) < reaches:
        world.reset(seed=[int(s) for s in rng.integers(2**31, size=world.num_envs)])
        for _ in range(world.unwrapped.timing.steps // HOLD_STEPS):
            action = rng.uniform(-0.8, 0.8, (world.num_envs, len(ACTIONS)))
            for _ in range(HOLD_STEPS):
                obs, *_ = world.step(action)
            free = obs[:, where["touch"]].sum(1) == 0
            commands += list(action[free, :3])
            felt += list(CM_TO_MM * obs[free][:, where["paw"]])
    return np.array(commands[:reaches]), np.array(felt[:reaches])


def learn_map(commands: np.ndarray, felt: np.ndarray) -> PawMap:
    """Least squares from felt paw to command, twice: the second time without the worst tenth (the paw was held up)."""
    design = np.c_[felt, np.ones(len(felt))]
    keep = np.ones(len(felt), bool)
    for _ in range(2):
        weights = np.linalg.lstsq(design[keep], commands[keep], rcond=None)[0]
        miss = np.linalg.norm(design @ weights - commands, axis=1)
        keep = miss <= np.quantile(miss, 0.9)
    return PawMap(weights[:3].T, weights[3])


def narrowing(commands: np.ndarray, felt: np.ndarray) -> dict[str, float]:
    """Median miss [mm] of reaches planned after 6, 12, … babbles, on the last quarter, which is never learned from."""
    n = len(felt) * 3 // 4
    out = {}
    for used in (6, 12, 25, 50, 100, 200, 400, n):
        if used > n:
            break
        learned = learn_map(commands[:used], felt[:used])
        wrong = felt[n:] @ learned.matrix.T + learned.offset - commands[n:]
        out[str(used)] = round(float(np.median(np.linalg.norm(wrong @ np.linalg.inv(learned.matrix).T, axis=1))), 2)
    return out


def run_trial(loop: Loop, world: World, seeds: list[int]) -> tuple[np.ndarray, dict]:
    """One trial of every mouse: (earned (B,), the world's last info)."""
    obs, _ = world.reset(seed=seeds)
    loop.begin_trial(seeds)
    reward, earned = np.zeros(world.num_envs, np.float32), np.zeros(world.num_envs)
    for _ in range(world.unwrapped.timing.steps):
        obs, reward, _, _, info = world.step(loop.step(obs, reward))
        earned = earned + reward
    loop.end_trial(reward)
    return earned, info


def novice_of(act: Act, paw_map: PawMap, rest: np.ndarray, pellet: np.ndarray) -> Novice:
    """The brain's part of an act: postures, and how far a command moves the paw."""
    scale = np.r_[np.linalg.norm(paw_map.matrix, axis=1), 0.02, 0.02]
    critic = np.zeros(DopamineParams().windows + N_EXTRA, np.float32)
    posture = paw_map.command(act.goals(rest, pellet))
    return Novice(posture.astype(np.float32), scale.astype(np.float32), np.ones(len(DIRECTIONS)), critic, 0.0)


def shape(
    paw_map: PawMap, rest: np.ndarray, pellet: np.ndarray, generations: int, say: Say, ways: int = 16, tries: int = 6
) -> Act:
    """Keep what came nearer to eating: cross-entropy search over the act, on graded reward, with a restless hand."""
    rng = np.random.default_rng([SEED, 2])
    world = make_world(ways * tries, reward="graded")
    params = restless(LoopParams(), 0.5)
    mean, spread = np.array(Act.NAIVE), np.array(Act.SPREAD)
    for generation in range(generations):
        acts = [Act(mean + spread * z) for z in rng.standard_normal((ways, len(mean)))]
        novices = [novice_of(act, paw_map, rest, pellet) for act in acts for _ in range(tries)]
        litter = [int(s) for s in rng.integers(2**31, size=len(novices))]
        loop = Loop(dict(world.unwrapped.sense_slices), len(ACTIONS), litter, params, novice=novices)
        loop.learn = False
        earned, info = run_trial(loop, world, litter)
        best = np.argsort(-earned.reshape(ways, tries).mean(1))[: ways // 4]
        chosen = np.array([acts[i].values for i in best])
        mean = 0.5 * mean + 0.5 * chosen.mean(0)
        spread = np.maximum(0.7 * spread + 0.3 * chosen.std(0), 0.1 * np.array(Act.SPREAD))
        say(f"shaping {generation + 1}/{generations}: {np.mean(info['is_success']):.2f} eat")
    world.close()
    return Act(mean)


OFF_MM = np.arange(0.25, 5.0, 0.5)  # how far off reaches are tried
QUARTER = 0.674  # s.d. of a normal distribution beyond which a quarter lies


def edge(off_mm: np.ndarray, success: np.ndarray) -> float:
    """How far off [mm] a quarter still succeed, from success at evenly spaced distances off_mm (k,), the first half a step from 0.

    Success falls with distance, from 1, as if every reach had an edge of its own: its mean and s.d. over reaches are moments of the
    curve, and a quarter of reaches have theirs beyond mean + .674 s.d. (as of a normal distribution).
    """
    step = off_mm[1] - off_mm[0]
    mean = success.sum() * step
    spread = max(2 * (off_mm * success).sum() * step - mean**2, 0.0)
    return float(mean + QUARTER * spread**0.5)


def forgiven(novice: Novice, say: Say, tries: int = 12) -> Novice:
    """How far off a reach may be: the same reach, by a novice as restless as ever, moved further and further in each direction."""
    rng = np.random.default_rng([SEED, 4])
    world = make_world(len(OFF_MM) * tries)
    forgives = []
    for direction in DIRECTIONS:
        moved = [replace(novice, posture=_moved(novice, off * direction)) for off in OFF_MM for _ in range(tries)]
        litter = [int(s) for s in rng.integers(2**31, size=len(moved))]
        loop = Loop(dict(world.unwrapped.sense_slices), len(ACTIONS), litter, restless(LoopParams(), 1.0), novice=moved)
        loop.learn = False
        _, info = run_trial(loop, world, litter)
        success = np.asarray(info["is_success"], float).reshape(len(OFF_MM), tries).mean(1)
        forgives.append(edge(OFF_MM, success))
        say(f"off along {direction.round(1).tolist()} a reach may be by {forgives[-1]:.1f} mm")
    world.close()
    return replace(novice, forgives=np.array(forgives, np.float32))


def _moved(novice: Novice, off_mm: np.ndarray) -> np.ndarray:
    posture = novice.posture.copy()
    for phase in NEAR_PELLET:
        posture[PHASE_INDEX[phase], :3] += off_mm * novice.scale[:3]
    return posture


def restless(params: LoopParams, share: float) -> LoopParams:
    """Mice of one kind without individual error, exploring a share of what a novice would."""
    used_to = 1.0 - params.ganglia.calm * float(np.mean(BAND))  # exploration of a mouse that eats as often as a novice
    return replace(
        params,
        ganglia=replace(params.ganglia, exploration=share * used_to * params.ganglia.exploration, calm=0.0),
        individual=replace(params.individual, aim=0.0, posture=0.0),
    )


def practise(novice: Novice, trials: int, say: Say, mice: int = 32) -> tuple[Novice, np.ndarray]:
    """A litter reaches; its critic learns what to expect. What its striatum learns is not kept, and M1 waits for the experiment.

    Success (trials, mice). It is tuned: `IndividualParams.aim` was chosen so that it lies in BAND, the published novices' (finding B1).
    """
    rng = np.random.default_rng([SEED, 3])
    params = LoopParams()
    still = replace(params.plasticity, cortex=0.0)  # M1's skill
    world = make_world(mice)
    litter = [int(s) for s in rng.integers(2**31, size=mice)]
    start = replace(novice, reward_rate=float(np.mean(BAND)))
    loop = Loop(
        dict(world.unwrapped.sense_slices), len(ACTIONS), litter, replace(params, plasticity=still), novice=start
    )
    success = []
    for trial in range(trials):
        _, info = run_trial(loop, world, [int(s) for s in rng.integers(2**31, size=mice)])
        success.append(info["is_success"])
        say(f"practice {trial + 1}/{trials}: {np.mean(success):.2f} eat")
    world.close()
    critic = loop.memory["critic"].numpy().mean(0)
    return replace(novice, critic=critic, reward_rate=float(np.mean(success))), np.array(success)


def make(folder: Path, reaches: int, generations: int, trials: int, say: Say = print) -> float:
    """All three stages; writes the files and returns the novices' success."""
    rng = np.random.default_rng([SEED, 1])
    world = make_world(32)
    obs, _ = world.reset(seed=SEED)
    commands, felt = babble(world, reaches, rng)
    paw_map = learn_map(commands, felt)
    narrow = narrowing(commands, felt)
    say(f"babbling, reaches planned miss by [mm]: {narrow}")
    # What the mouse sees and feels while it waits: its paw at rest, and the pellet once the plate has brought it.
    where, steps = world.unwrapped.sense_slices, round(world.unwrapped.timing.tone * 100) - 1
    rest = CM_TO_MM * obs[:, where["paw"]].mean(0)
    world.reset(seed=SEED)
    still = obs[:, where["command"]].copy()
    for _ in range(steps):
        obs, *_ = world.step(still)
    pellet = CM_TO_MM * obs[:, where["pellet"]][:, 1:].mean(0)
    world.close()
    act = shape(paw_map, rest, pellet, generations, say)
    shaped = forgiven(novice_of(act, paw_map, rest, pellet), say)
    novice, success = practise(shaped, trials, say)
    state = {name: getattr(novice, name) for name in ("posture", "scale", "forgives", "critic")}
    spread = success.mean(0).std()
    meta = {
        "made_by": "reachenv novice", "seed": SEED, "reward_rate": round(novice.reward_rate, 3),
        "success_sd_between_mice": round(float(spread), 3), "babbles": reaches, "miss_mm_after_babbles": narrow,
        "act": dict(zip(Act.NAMES, (round(float(v), 2) for v in act.values), strict=True)),
    }  # fmt: skip
    checkpoint.save(folder / "novice.safetensors", state, meta)
    return novice.reward_rate
