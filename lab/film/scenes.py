"""Which trials of a run go into its film: the middle mouse of a group, and in each session a trial that ended as most did."""

from __future__ import annotations

from typing import Any
from typing import cast as as_type

import numpy as np
import pandas as pd

from reachenv.lab.analysis.adaptation import loop_gain
from reachenv.lab.design.design import Design, Subject
from reachenv.lab.design.group import Group, interventions_in, treated_sessions
from reachenv.lab.design.perturbations import change_at
from reachenv.lab.design.wording import group_words, intervention_words, merged, perturbation_words
from reachenv.lab.errors import UserError
from reachenv.lab.film.clip import Clip, Pill
from reachenv.lab.records.folder import Run
from reachenv.lab.records.recording import film_trials, read_recording, read_trials

Row = tuple[list[Clip], tuple[str, str]]


def cast(run: Run) -> list[Row]:
    """The film's parts in order, each the clips shown side by side and the title before them.

    A control mouse in its first and last session, a mouse of the first treated group in the last session of its interventions,
    then both side by side: in that session, and in the last. With one group only its own parts. Where a world is perturbed in
    the only session: see `_moved`.

    Raises:
        UserError: nothing was recorded.
    """
    design, trials = run.design(), read_trials(run)
    last = int(trials["session"].max()) if len(trials) else 0
    if last == 1 and (moved := _moved(run, design, trials)):
        return moved
    control = next((g for g in design.groups if not treated_sessions(g, design.sessions)), design.groups[0])
    treated = next((g for g in design.groups if treated_sessions(g, last) and g is not control), None)
    mouse = middle_mouse(trials, control, last)
    one, tone = Subject(control, mouse), _tone(trials)
    begins = f"a mouse trained for {design.day(1) - 1} sessions" if design.origin else "a novice mouse"
    if 1 in treated_sessions(control, 1):  # where every group is treated
        begins += f", {group_words(control, 1, tone)}"
    shown: list[tuple[list[tuple[Subject, int]], tuple[str, str]]] = []  # (mouse, session) side by side, title
    shown.append(([(one, 1)], ("Session 1", f"{control.name}: {begins}")))
    if last > 1:
        words = f"{control.name}: the same mouse after {design.day(last)} sessions"
        shown.append(([(one, last)], (f"Session {last}", words)))
    if treated is not None:
        other = Subject(treated, mouse)
        sessions = [s for s in range(1, last + 1) if interventions_in(treated, s)] or treated_sessions(treated, last)
        end, words = sessions[-1], group_words(treated, last, tone)
        shown.append(([(other, end)], (f"Session {end}", f"{treated.name}: {words}")))
        for session in dict.fromkeys((end, last)):
            title = "Side by side" if session == end else f"Session {session}"
            both = f"{control.name} and {treated.name}, session {session}"
            shown.append(([(one, session), (other, session)], (title, both)))
    found: list[Row] = []
    for who, title_and_words in shown:
        clips = [clip for pair in who if (clip := _clip(run, design, trials, *pair))]
        if len(clips) == len(who):
            found.append((clips, title_and_words))
    if not found:
        raise UserError(f"{run.path} holds no filmed trials; run without --no-recording to have a film.")
    return found


def _moved(run: Run, design: Design, trials: pd.DataFrame) -> list[Row]:
    """The parts of a film of one session in which the world is moved; none where it is not, or no such trial was filmed.

    A mouse before the move and late in it; beside it the same mouse with the weakest loops, or of the first other group whose brain was
    treated; and where the world of treated mice stays as it is, one of them beside control.
    """
    moved = [g for g in design.groups if g.perturbations]
    if not moved:
        return []
    whole = next((g for g in moved if not interventions_in(g, 1)), None) or max(moved, key=loop_gain)
    the_move = whole.perturbations[0]  # the first that is written is the whole move
    filmed = {t: change_at(whole.perturbations, 1, t) for t in film_trials(design.trials)}
    usual, late = [t for t in filmed if filmed[t] is None], [t for t in filmed if filmed[t] == the_move]
    mouse, words = middle_mouse(trials, whole, 1), perturbation_words(the_move)
    if not usual or not late or usual[0] > late[-1]:
        return []

    def clip(group: Group, trial: int) -> Clip | None:
        return _clip(run, design, trials, Subject(group, mouse), 1, [trial])

    first, then = clip(whole, usual[0]), clip(whole, late[-1])
    if first is None or then is None:
        return []
    rows: list[Row] = [
        ([first], (f"Trial {first.trial}", f"{whole.name}: before the world is moved")),
        ([then], (f"Trial {then.trial}", f"{whole.name}: {words}")),
    ]
    alike = [g for g in moved if g is not whole and interventions_in(g, 1) and g.perturbations[0] == the_move]
    if alike:
        other = min(alike, key=loop_gain)
        if beside := clip(other, late[-1]):
            words = group_words(other, 1, _tone(trials))
            rows.append(([then, beside], ("Side by side", f"{whole.name} and {other.name} ({words})")))
    still = [g for g in design.groups if not g.perturbations]
    control, treated = (next((g for g in still if bool(interventions_in(g, 1)) == on), None) for on in (False, True))
    if control and treated and (pair := [c for g in (control, treated) if (c := clip(g, late[-1]))])[1:]:
        words = group_words(treated, 1, _tone(trials))
        rows.append((pair, ("Side by side", f"{control.name} and {treated.name} ({words})")))
    return rows


def middle_mouse(trials: pd.DataFrame, group: Group, session: int) -> int:
    """The mouse whose success in `session` is the median of its group (the lower of two): neither the best nor the worst."""
    chosen = trials[(trials["group"] == group.name) & (trials["session"] == session)]
    rates = chosen.groupby("mouse")["success"].mean().sort_values(kind="stable")
    return int(rates.index[(len(rates) - 1) // 2]) if len(rates) else 1


def _clip(
    run: Run, design: Design, trials: pd.DataFrame, subject: Subject, session: int, among: list[int] | None = None
) -> Clip | None:
    """One filmed trial of a session, with the outcome that was commonest there if one was filmed; None if none was.

    among: the trials that it may be, where not any.
    """
    if not run.session_files(subject, session).recording.exists():
        return None
    recording = read_recording(run, subject, session)
    mine = trials[
        (trials["group"] == subject.group.name) & (trials["mouse"] == subject.mouse) & (trials["session"] == session)
    ]
    every = [int(t) for t in recording["film_trial"]]
    filmed = [t for t in every if among is None or t in among]
    if not filmed:
        return None
    rows = mine.set_index("trial").reindex(filmed)
    rate = float(mine["success"].mean())
    typical = [t for t in filmed if bool(rows.loc[t, "success"]) == (rate >= 0.5)]
    tried = [t for t in typical if rows.loc[t, "outcome"] != "no_reach"]
    trial = (tried or typical or filmed)[-1]
    k, row = every.index(trial), as_type("pd.Series[Any]", rows.loc[trial])
    change, tone = change_at(subject.group.perturbations, session, trial), float(row["tone_time"])
    m1, striatum = (
        recording[f"dopamine_{place}"][trial - 1] if f"dopamine_{place}" in recording else None
        for place in ("m1", "striatum")
    )
    order = None
    if "m1_l23" in recording:  # mean over trials: (frames, units)
        order = np.argsort(recording["m1_l23"].astype(np.float32).mean(axis=0).argmax(axis=0), kind="stable")
    same = m1 is not None and striatum is not None and np.array_equal(m1, striatum)
    return Clip(
        group=subject.group.name, mouse=subject.mouse, session=session, trial=trial, control=subject.group.role == "control",
        outcome=str(row["outcome"]), qpos=recording["qpos"][k], m1=recording["film_m1"][k] if order is not None else None, dopamine=m1,
        tone_time=tone, dt=float(recording["dt"]),
        events={name: float(row[name]) for name in mine.columns if name.endswith("_time")},
        plate_shift_mm=change.plate_shift_mm if change else (0.0, 0.0, 0.0),
        order=order, note=f"{rate:.0%} success this session",
        pills=_pills(subject.group, session, trial, tone), striatum=None if same else striatum,
    )  # fmt: skip


def _tone(trials: pd.DataFrame) -> float:
    """When the tone sounds [s from the start of a trial]."""
    return float(trials["tone_time"].median())


def _pills(group: Group, session: int, trial: int, tone: float) -> tuple[Pill, ...]:
    """Interventions of a trial, then its perturbation; tone: s from its start."""
    pills = []
    for part in merged(interventions_in(group, session, trial)):
        span = part[0].when.seconds
        seconds = (span[0] - tone, span[1] - tone) if span else None
        pills.append(Pill(intervention_words(part, tone), seconds))
    change = change_at(group.perturbations, session, trial)
    return (*pills, Pill(perturbation_words(change))) if change else tuple(pills)
