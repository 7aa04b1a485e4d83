"""One page that holds the whole run, pictures and film inside:  `reachenv report RUN`."""

from __future__ import annotations

import base64
import math
import shlex
from pathlib import Path
from typing import Any

import imageio.v2 as imageio
import jinja2
import pandas as pd

from reachenv.lab import findings
from reachenv.lab.analysis import individuals
from reachenv.lab.analysis.ablation_costs import costs
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import Group
from reachenv.lab.design.wording import group_words, session_words
from reachenv.lab.errors import UserError
from reachenv.lab.figures import loop as figures_loop
from reachenv.lab.figures import network as figures_network
from reachenv.lab.figures import outcome as figures_outcome
from reachenv.lab.figures import run as figures
from reachenv.lab.records.folder import Run, write_text
from reachenv.lab.records.recording import read_trials
from reachenv.lab.report import summary

CAPTIONS = {
    "learning_curves": "Success by session, or by trial in a run of one session (grey: trials in which the world of some groups was "
    "perturbed; bars: interventions on a group's brain, and when). "
    "Thin lines are mice, dots the mean over mice, bands its 95 % bootstrap interval; in shaded "
    "sessions a group had an intervention. Twins are one animal until then: their curves coincide.",
    "outcomes": "How trials ended. Left, shares by session; right, every trial of every mouse. "
    "A bar above marks sessions with an intervention.",
    "kinematics": "The reach by session, or by trial in a run of one session: medians of each mouse, and the s.d. of where its reaches "
    "end (root mean square over three axes). Grey: the range of real mice.",
    "dopamine": "Dopamine where it arrives. Above, its course in M1 in three sessions. Below, by session: its largest "
    "change within 0.5 s after the tone and after the pellet reached the mouth, against 0.3 s before; and in failed "
    "trials its lowest level from 0.5 s after the tone on, against that before the tone.",
}
UNKNOWN: dict[str, Any] = {
    "command": "", "git": None, "versions": {}, "started": "", "resumed": [],
    "machine": {"system": "unknown", "processor": "unknown", "cores": "unknown"},
}  # fmt: skip
"""What the page has in the place of entries that config.json lacks."""
INLINE_FILM_BYTES = 25_000_000  # a larger film stays a file beside the page


def write(run: Run) -> Path:
    """Write report.html from the run's files alone; its path."""
    design, trials, config = run.design(), read_trials(run), run.config()
    if not len(trials):
        raise UserError(f"{run.path} holds no finished session yet: there is nothing to report.")
    tone = float(trials["tone_time"].median()) if "tone_time" in trials else math.nan
    captions = CAPTIONS | figures_network.CAPTIONS | figures_outcome.CAPTIONS | figures_loop.CAPTIONS
    page = _template().render(
        run=run.path.resolve().name,
        folder=shlex.quote(str(run.path)),
        trials_file=str(run.path / "trials.parquet"),
        design=design,
        config=UNKNOWN | config,
        sentences=summary.sentences(design, trials),
        caveat=summary.caveat(design),
        complete=len(trials) == design.total_trials(),
        trials=len(trials),
        total=design.total_trials(),
        table=_table(design, trials, tone),
        individuals=individuals.rows(design, trials),
        expert_session=individuals.expert_session(design),
        born_different=individuals.born_different(),
        colours=figures.colours(design),
        interventions=[(g.name, _interventions(g, design.sessions, tone)) for g in design.groups],
        verdicts=findings.table_for_report(run),
        costs=costs(design, trials),
        figures=[(n, c, _inline(run.path / "figures" / f"{n}.png", "image/png")) for n, c in captions.items()],
        film=_film(run.path / "rollout.mp4"),
    )
    path = run.path / "report.html"
    write_text(path, page)
    return path


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,  # a name that is gone must not leave a gap on the page
    )
    return environment.get_template("report.html.j2")


def _table(design: Design, trials: pd.DataFrame, tone: float) -> list[dict[str, Any]]:
    """A row a group: success (mean, interval) and interventions by session."""
    return [
        {
            "group": name,
            "cells": [
                {"value": value, "intervention": session_words(design.group(name), session, tone=tone)}
                for session, value in enumerate(values, start=1)
            ],
        }
        for name, values in summary.success_table(design, trials).items()
    ]


def _interventions(group: Group, sessions: int, tone: float) -> str:
    """Such as 'M1 dopamine blocked in sessions 2–4', and the kind of brain where it is not the usual one."""
    return "; ".join(filter(None, (group.variant, group_words(group, sessions, tone)))) or "no intervention"


def _inline(path: Path, kind: str) -> str | None:
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}" if path.exists() else None


def _film(path: Path) -> dict[str, str] | None:
    """The film, in the page where it is small enough, and a picture from its midst to show before it plays."""
    if not path.exists():
        return None
    small = path.stat().st_size <= INLINE_FILM_BYTES
    source = (small and _inline(path, "video/mp4")) or path.name
    return {"source": source, "poster": _still(path)}


def _still(path: Path) -> str:
    """A frame from two thirds through a film, as a JPEG to put in the page; '' where it cannot be read."""
    try:
        film: Any  # imageio types the readers of all formats alike
        with imageio.get_reader(path) as film:
            facts = film.get_meta_data()
            frame = film.get_data(int(facts["duration"] * facts["fps"] * 2 / 3))
        picture = imageio.imwrite("<bytes>", frame, format="jpg")
    except (OSError, RuntimeError, ValueError, IndexError, KeyError):
        return ""  # a damaged film must not keep the page from being written
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
