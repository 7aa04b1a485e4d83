"""The film of a baseline: the same trial before training and after it, side by side, at a quarter of the speed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageDraw
from stable_baselines3.common.vec_env import VecNormalize

from reachenv.agents.rl import baselines
from reachenv.agents.rl.strides import StridingVecEnv
from reachenv.lab.baselines.task import Task
from reachenv.lab.baselines.train import TEST_SEED, checkpoints, load_agent, make_worlds
from reachenv.lab.film.mp4 import write_mp4
from reachenv.lab.film.overlay import DARK, INK, font
from reachenv.lab.records.folder import Run, write_whole
from reachenv.schema import OUTCOMES

WIDTH, HEIGHT, BAND, FPS = 480, 360, 40, 25
FROM, TO = 0.7, 2.7  # s of the compact trial, whose tone is at 1 s


def film_baseline(run: Run, task: Task) -> None:
    """Write rollout.mp4 from the first and the last checkpoint; where nothing draws here, say so and go on."""
    from reachenv.gl import NoGLError

    found = checkpoints(run)
    if not found:
        print(f"No film: {run.path} has no checkpoint.", file=sys.stderr)
        return
    shown = dict.fromkeys([found[0], found[-1]])
    try:
        parts = [(_title(path.stem, task), *_trial(path, task)) for path in shown]
        size = WIDTH * len(parts), HEIGHT + BAND
        write_whole(run.path / "rollout.mp4", lambda part: write_mp4(part, _frames(parts), size, FPS))
    except NoGLError as error:
        print(f"No film: {error}", file=sys.stderr)


def _title(stem: str, task: Task) -> str:
    return f"{task.agent} after {int(stem.removeprefix('step-')):,} steps"


def _trial(path: Path, task: Task) -> tuple[list[np.ndarray], str]:
    """Poses (nq,) of every control step of one test trial, and its outcome."""
    agent = load_agent(path, task, make_worlds(task, baselines.BASELINES[task.agent].worlds))
    worlds = baselines.worlds_to_test(agent, task.agent, make_worlds(task, 1, test=True))
    poses: list[np.ndarray] = []
    cast(StridingVecEnv, cast(VecNormalize, worlds).venv).watch = lambda: poses.append(
        worlds.env_method("qpos", indices=[0])[0]
    )
    (told,) = baselines.trials(agent, worlds, seed=TEST_SEED)
    return poses, OUTCOMES[told["outcome_code"]]


def _frames(parts: Sequence[tuple[str, list[np.ndarray], str]]) -> Iterator[np.ndarray]:
    from reachenv.drawing.render import Renderer

    with Renderer(width=WIDTH, height=HEIGHT) as renderer:
        for step in range(int(FROM * 100), int(TO * 100)):  # 100 steps a second shown at 25: a quarter of the speed
            image = Image.new("RGB", (WIDTH * len(parts), HEIGHT + BAND), DARK)
            draw = ImageDraw.Draw(image)
            for i, (title, poses, outcome) in enumerate(parts):
                image.paste(Image.fromarray(renderer.frame(poses[min(step, len(poses) - 1)])), (i * WIDTH, BAND))
                text = f"{title} · {step / 100 - 1:+.2f} s · {outcome}"
                draw.text((i * WIDTH + 12, BAND / 2), text, font=font(15, bold=True), fill=INK, anchor="lm")
            yield np.asarray(image)
