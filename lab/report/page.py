"""One page that holds the whole run, pictures and film inside:  reachenv report RUN"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import imageio.v2 as imageio
import jinja2
import pandas as pd

from reachenv.lab import findings
from reachenv.lab.analysis import individuals
from reachenv.lab.analysis.ablation_costs import costs
from reachenv.lab.commands.ending import command
from reachenv.lab.design.design import Design, Group, block_label, blocked_sessions
from reachenv.lab.errors import UserError
from reachenv.lab.figures import loop as figures_loop
from reachenv.lab.figures import network as figures_network
from reachenv.lab.figures import outcome as figures_outcome
from reachenv.lab.figures import run as figures
from reachenv.lab.records.folder import Run, open_run, write_whole
from reachenv.lab.records.recording import read_trials
from reachenv.lab.report import summary

CAPTIONS = {
    "learning_curves": "Success by session, or by trial in a run of one session (grey: trials in which the world of some groups was "
    "moved; bars: what was done to a group's brain, and when). "
    "Thin lines are mice, dots the mean over mice, bands its 95 % bootstrap interval; in shaded "
    "sessions dopamine was blocked. Twins are one animal until then: their curves coincide.",
    "outcomes": "How trials ended. Left, shares by session; right, every trial of every mouse. "
    "A bar above marks blocked sessions.",
    "kinematics": "The reach by session, or by trial in a run of one session: medians of each mouse, and the s.d. of where its reaches "
    "end (root mean square over three axes). Grey: the range of real mice.",
    "dopamine": "Dopamine where it arrives. Above, its course in M1 in three sessions. Below, by session: its largest "
    "change within 0.5 s after the tone and after the pellet reached the mouth, against 0.3 s before; and in failed "
    "trials its lowest level from 0.5 s after the tone on, against that before the tone.",
}
INLINE_FILM_BYTES = 25_000_000  # a larger film stays a file beside the page


def write(run: Run) -> Path:
    """Write report.html from the run's files alone; its path."""
    design, trials, config = run.design(), read_trials(run), run.config()
    if not len(trials):
        raise UserError(f"{run.path} holds no finished session yet: there is nothing to report.")
    captions = CAPTIONS | figures_network.CAPTIONS | figures_outcome.CAPTIONS | figures_loop.CAPTIONS
    page = _template().render(
        run=run.path.name,
        design=design,
        config=config,
        sentences=summary.sentences(design, trials),
        caveat=summary.caveat(design),
        complete=len(trials) == design.total_trials(),
        trials=len(trials),
        total=design.total_trials(),
        table=_table(design, trials),
        individuals=individuals.rows(design, trials),
        expert_session=individuals.expert_session(design),
        born_different=individuals.born_different(),
        colours=figures.colours(design),
        blocks=[(g.name, _blocked(g, design.sessions)) for g in design.groups],
        verdicts=findings.table_for_report(run),
        costs=costs(design, trials),
        figures=[(n, c, _inline(run.path / "figures" / f"{n}.png", "image/png")) for n, c in captions.items()],
        film=_film(run.path / "rollout.mp4"),
    )
    path = run.path / "report.html"
    write_whole(path, lambda part: part.write_text(page, encoding="utf-8"))
    return path


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.j2")


def _table(design: Design, trials: pd.DataFrame) -> list[dict]:
    """A row a group: (mean, interval, blocked?) by session."""
    rows = []
    for group, values in summary.success_table(design, trials).items():
        of = next(g for g in design.groups if g.name == group)
        cells = [
            {"value": v, "block": block_label(of, session)} for session, v in enumerate(values, start=1)
        ]  # fmt: skip
        rows.append({"group": group, "cells": cells})
    return rows


def _blocked(group: Group, sessions: int) -> str:
    """Such as 'm1 in sessions 2, 3, 4'."""
    labels: dict[str, list[str]] = {}
    for session in blocked_sessions(group, sessions):
        labels.setdefault(block_label(group, session), []).append(str(session))
    said = [f"{label} in sessions {', '.join(s)}" for label, s in labels.items()]
    said += [str(i) for i in group.interventions]
    said += dict.fromkeys(f"{c.label()} in session {c.sessions[0]}" for c in group.changes)
    return "; ".join(said + [group.preset] * bool(group.preset)) or "nothing blocked"


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


if __name__ == "__main__":
    with command("reachenv report"):
        if len(sys.argv) != 2:
            raise UserError("give one run folder: reachenv report runs/NAME")
        opened = open_run(Path(sys.argv[1]))
        figures.draw_all(opened)
        findings.write(opened)
        print(write(opened))
