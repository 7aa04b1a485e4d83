"""TensorBoard events of a run, a writer for each group, so that groups lie over one another in every chart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import cast

import pandas as pd

from reachenv.lab.records.folder import Run

MEASURES = ("success", "reward", "rpe", "value_at_tone", "exploration", "reach_duration", "peak_speed", "aim_error")


class Events:
    """Writes the means of each session, live. What is there from before an interruption is written anew from files."""

    def __init__(self, run: Run, trials: pd.DataFrame):
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and only wanted here

        folder = run.path / "tensorboard"
        shutil.rmtree(folder, ignore_errors=True)
        self._writers = {g.name: SummaryWriter(str(folder / g.name)) for g in run.design().groups}
        for _, table in trials.groupby(["group", "mouse", "session"]):
            self.add(table)

    def add(self, session: pd.DataFrame) -> None:
        """One session of one mouse: its means, at the session's number."""
        first = session.iloc[0]
        for measure in MEASURES:
            value = session[measure].astype(float).mean()
            if pd.notna(value):
                tag = f"{measure}/m{first.mouse:02d}"
                self._writers[first.group].add_scalar(tag, value, int(first.session))

    def close(self, trials: pd.DataFrame) -> None:
        """Add each group's mean over mice, and finish."""
        if len(trials):
            measures = trials.assign(success=trials.success.astype(float))
            mice = measures.groupby(["group", "session", "mouse"])[list(MEASURES)].mean()
            means = mice.groupby(level=["group", "session"]).mean()
            for (group, session), row in cast("Iterator[tuple[tuple[str, int], pd.Series]]", means.iterrows()):
                for measure, value in row.dropna().items():
                    self._writers[group].add_scalar(f"{measure}/mean", value, int(session))
        for writer in self._writers.values():
            writer.close()
