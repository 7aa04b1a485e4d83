"""A scripted reach through the spinal layer: the yardstick of the task, and the proof that it can be done.

The paw first rises with the digits curled, then moves forward over the pellet while the hand opens, and only then descends. A straight
path at the same speed sweeps the pellet off with the extended digits: that, and not speed as such, is what fails at 160 ms. Then the
digits close, the pellet is raised, and supination turns the palm while the paw brings it to the mouth.

    reachenv demonstrator                     success with exact aim, speed and duration of the reach
    reachenv demonstrator --table             success by aim error and reach time
    reachenv demonstrator --pictures FOLDER   the act in six pictures
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gymnasium.vector import AutoresetMode

from reachenv import rig, spinal
from reachenv.schema import CONTROL_DT
from reachenv.sim import REST_COMMAND
from reachenv.trial import PERCH_MM
from reachenv.vector_env import PelletReachVectorEnv


@dataclass(frozen=True)
class Script:
    """When and where the scripted paw goes. Times in s or as a fraction of the reach; found by trying, on its own seeds.

    Attributes:
        reach_s: from the start of the lift to the moment the digits begin to close.
        reaction_s: from the tone to the start of the lift.
        rise_end, descent_start, forward_start, forward_end, open_start, open_end: fractions of the reach.
        clearance_mm: how far above the pellet the paw passes before it descends.
        grasp_mm: the grip point against the pellet's centre when the digits close: deep, so that the palm rests on it.
        direct: move straight from perch to pellet instead, hand open, to see what goes wrong.
    """

    reach_s: float = 0.15
    reaction_s: float = 0.10
    rise_end: float = 0.6
    descent_start: float = 0.58
    forward_start: float = 0.15
    forward_end: float = 1.05
    open_start: float = 0.43
    open_end: float = 0.73
    clearance_mm: float = 4.5
    grasp_mm: tuple[float, float, float] = (0.5, -0.65, -1.2)
    close_s: float = 0.03
    squeeze_s: float = 0.08
    raise_mm: float = 3.0
    raise_s: float = 0.10
    carry_delay_s: float = 0.04
    carry_s: float = 0.18
    mouth_mm: tuple[float, float, float] = (0.6, -0.5, -1.3)
    mouth_pronation: float = -0.94
    mouth_s: float = 0.35
    return_s: float = 0.30
    grip_rest: float = -0.2
    grip_open: float = -1.0
    grip_closed: float = 1.0
    direct: bool = False


def _blend(time: float, start: float, length: float) -> np.ndarray:
    return rig.turn_profile(np.asarray((time - start) / length))


def commands(script: Script, time: float, aim_mm: np.ndarray) -> np.ndarray:
    """Descending command (N, 5) at `time` [s] since the tone, for a pellet thought to be off its place by `aim_mm` (N, 3)."""
    s, reach = script, script.reach_s
    t = time - s.reaction_s
    target = rig.PELLET_MM + np.array(s.grasp_mm) + aim_mm
    if s.direct:
        paw = PERCH_MM + (target - PERCH_MM) * _blend(t, 0.0, reach)
        opening = _blend(t, 0.0, 0.3 * reach)
    else:
        forward = _blend(t, s.forward_start * reach, (s.forward_end - s.forward_start) * reach)
        rise = _blend(t, 0.0, s.rise_end * reach)
        descent = _blend(t, s.descent_start * reach, (1 - s.descent_start) * reach)
        paw = PERCH_MM + (target - PERCH_MM) * forward
        paw[:, 2] = PERCH_MM[2] + (target[:, 2] + s.clearance_mm - PERCH_MM[2]) * rise - s.clearance_mm * descent
        opening = _blend(t, s.open_start * reach, (s.open_end - s.open_start) * reach)
    raised = reach + s.squeeze_s
    carry = _blend(t, raised + s.carry_delay_s, s.carry_s)
    home = _blend(t, raised + s.carry_delay_s + s.carry_s + s.mouth_s, s.return_s)
    paw[:, 2] += s.raise_mm * _blend(t, raised, s.raise_s) * (1 - carry)
    paw += (np.array(s.mouth_mm) - target) * carry
    paw += (PERCH_MM - paw) * home
    grip = s.grip_rest + (s.grip_open - s.grip_rest) * opening
    grip += (s.grip_closed - grip) * _blend(t, reach, s.close_s)
    grip += (s.grip_rest - grip) * home
    out = np.empty((len(aim_mm), 5))
    out[:, :3] = spinal.paw_action(paw)
    out[:, 3] = 1.0 + (s.mouth_pronation - 1.0) * carry * (1 - home)
    out[:, 4] = grip
    return out


def demonstrate(
    script: Script, aim_mm: np.ndarray, seeds: list[int], nthread: int = 1, env: PelletReachVectorEnv | None = None
) -> dict[str, np.ndarray]:
    """Run one trial in each of N worlds; aim errors (N, 3) [mm]; returns the trials' info, and `outcome` as words."""
    env = env or PelletReachVectorEnv(len(seeds), nthread=nthread, autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=seeds)
    for step in range(env.timing.steps):
        time = step * CONTROL_DT - env.timing.tone
        action = commands(script, time, aim_mm) if time >= 0 else np.tile(REST_COMMAND, (len(seeds), 1))
        *_, info = env.step(action)
    return info | {"outcome": np.array(env.outcome, object)}


def aim_errors(sd_mm: float, n: int, seed: int) -> np.ndarray:
    """(n, 3) Gaussian aim errors [mm], `sd_mm` an axis; the same directions at every s.d."""
    return sd_mm * np.random.default_rng(seed).standard_normal((n, 3))


def table(sds_mm: Sequence[float], reach_times_s: Sequence[float], trials: int, nthread: int) -> np.ndarray:
    """Success (len(sds_mm), len(reach_times_s)), printed as it comes."""
    env = PelletReachVectorEnv(trials, nthread=nthread, autoreset_mode=AutoresetMode.DISABLED)
    seeds = list(range(trials))
    out = np.zeros((len(sds_mm), len(reach_times_s)))
    print(
        f"Success of the scripted reach over {trials} seeds. Rows: s.d. of the aim, each axis. Columns: commanded reach time."
    )
    print("  aim s.d.  " + "".join(f"{t * 1000:6.0f} ms" for t in reach_times_s))
    for i, sd in enumerate(sds_mm):
        print(f"  {sd:4.1f} mm   ", end="", flush=True)
        for j, reach in enumerate(reach_times_s):
            info = demonstrate(Script(reach_s=reach), aim_errors(sd, trials, seed=1), seeds, env=env)
            out[i, j] = info["is_success"].mean()
            print(f"{out[i, j]:9.2f}", end="", flush=True)
        print()
    return out


# After the tone.
MOMENTS_S = {"1_wait": 0.0, "2_lift": 0.19, "3_reach": 0.24, "4_grasp": 0.33, "5_carry": 0.47, "6_eat": 0.62}


def pictures(folder: Path) -> None:
    """Draw one scripted reach at MOMENTS_S as PNG files, 960 × 720."""
    from reachenv.drawing.png import write_png
    from reachenv.drawing.render import Renderer

    folder.mkdir(parents=True, exist_ok=True)
    env = PelletReachVectorEnv(1)
    env.reset(seed=0)
    wanted = {round((time + env.timing.tone) / CONTROL_DT): name for name, time in MOMENTS_S.items()}
    with Renderer(width=960, height=720) as renderer:
        for step in range(max(wanted) + 1):
            time = step * CONTROL_DT - env.timing.tone
            env.step(commands(Script(), time, np.zeros((1, 3))) if time >= 0 else REST_COMMAND[None])
            if step in wanted:
                path = folder / f"{wanted[step]}.png"
                write_png(renderer.frame(env.qpos(0)) / 255, path)
                print(f"Wrote {path}.")


def exact(trials: int, nthread: int) -> None:
    """Print success with exact aim, speed and duration, by commanded reach time."""
    aim = np.zeros((trials, 3))
    print(
        f"Scripted reach with exact aim, {trials} seeds each; duration from lift to grab, speed of the paw on the way."
    )
    for script in (*(Script(reach_s=t) for t in (0.10, 0.12, 0.14, 0.16, 0.22)), Script(reach_s=0.16, direct=True)):
        info = demonstrate(script, aim, list(range(trials)), nthread)
        reached = info["reach_duration"][np.isfinite(info["reach_duration"])]
        print(
            f"  commanded {script.reach_s * 1000:3.0f} ms{' straight' if script.direct else '':9s}: "
            f"success {info['is_success'].mean():.2f}, "
            f"reach {np.median(reached) * 1000:.0f} ms, peak {np.median(info['peak_speed']):.0f} cm/s"
        )
