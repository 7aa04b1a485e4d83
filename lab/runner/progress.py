"""What one sees while a run goes on: a live table on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reachenv.lab.design.design import Design
from reachenv.lab.runner.local import TrialDone

RECENT = 15  # trials of each mouse that the running success rate looks back on
PLAIN_EVERY_S = 20.0


class Tally:
    """Counts what is done, group by group, and how well lately."""

    def __init__(self, design: Design, done: pd.DataFrame, clock: Callable[[], float] = time.monotonic):
        self.design, self._clock, self._started = design, clock, clock()
        self.session = {g.name: 1 for g in design.groups}
        self.done = {g.name: 0 for g in design.groups}
        self._recent: dict[str, deque[bool]] = {g.name: deque(maxlen=RECENT * design.mice) for g in design.groups}
        order = done.sort_values(["session", "trial"])
        for group, session, success in zip(order.group, order.session, order.success, strict=True):
            self._count(group, session, success)
        self._at_start = sum(self.done.values())

    def take(self, event: object) -> bool:
        """Count an event; True where it changed anything."""
        if not isinstance(event, TrialDone):
            return False
        for group, _, success in event.mice:
            self._count(group, event.session, success)
        return True

    def success(self, group: str) -> float:
        """Share of recent trials that succeeded; NaN before the first."""
        recent = self._recent[group]
        return float(np.mean(recent)) if recent else float("nan")

    def seconds_left(self) -> float:
        """At the pace since this process began; NaN before there is one."""
        done = sum(self.done.values())
        if done == self._at_start:
            return float("nan")
        pace = (self._clock() - self._started) / (done - self._at_start)
        return pace * (self.design.total_trials() - done)

    def per_group(self) -> int:
        return self.design.total_trials() // len(self.design.groups)

    def line(self) -> str:
        """One line for a log."""
        total, done = self.design.total_trials(), sum(self.done.values())
        groups = " | ".join(
            f"{g} session {self.session[g]}/{self.design.sessions} success {_share(self.success(g))}" for g in self.done
        )
        return f"{done}/{total} trials | {groups} | {_clock_text(self.seconds_left())} left"

    def _count(self, group: str, session: int, success: bool) -> None:
        self.done[group] += 1
        self.session[group] = max(self.session[group], session)
        self._recent[group].append(bool(success))


@contextmanager
def watching(tally: Tally, console: Console | None = None) -> Iterator:
    """Yields a function that takes every event and keeps what is shown up to date."""
    console = console or Console()
    with _live(tally, console) if console.is_terminal else _plain(tally) as show:
        yield show


@contextmanager
def _live(tally: Tally, console: Console) -> Iterator:
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, refresh_per_second=4) as bars:
        groups = {g: bars.add_task(g, total=tally.per_group(), note="") for g in tally.done}
        whole = bars.add_task("all trials", total=tally.design.total_trials(), note="")

        def draw() -> None:
            for g, bar in groups.items():
                note = f"session {tally.session[g]}/{tally.design.sessions}  success {_share(tally.success(g))}"
                bars.update(bar, completed=tally.done[g], note=note)
            left = _clock_text(tally.seconds_left())
            bars.update(whole, completed=sum(tally.done.values()), note=f"{left} left")

        def show(event: object) -> None:
            if tally.take(event):
                draw()

        draw()
        yield show


@contextmanager
def _plain(tally: Tally) -> Iterator:
    last, shown = time.monotonic(), sum(tally.done.values())

    def show(event: object) -> None:
        nonlocal last, shown
        counted, done = tally.take(event), sum(tally.done.values())
        session_over = not counted and done > shown
        if session_over or time.monotonic() - last > PLAIN_EVERY_S:
            print(tally.line(), file=sys.stdout, flush=True)
            last, shown = time.monotonic(), done

    print(tally.line(), file=sys.stdout, flush=True)
    yield show


@contextmanager
def fraction(what: str, console: Console | None = None) -> Iterator:
    """Yields a function that takes how far something is, from 0 to 1: a bar, or a line where there is no terminal."""
    console = console or Console()
    if not console.is_terminal:
        print(f"{what} …", flush=True)
        yield lambda done: None
        return
    with Progress(TextColumn(what), BarColumn(bar_width=28), TimeElapsedColumn(), console=console) as bars:
        bar = bars.add_task(what, total=1.0)
        yield lambda done: bars.update(bar, completed=done)


def _share(value: float) -> str:
    return "  – " if np.isnan(value) else f"{value:.2f}"


def _clock_text(seconds: float) -> str:
    if np.isnan(seconds):
        return "–:––"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
