"""The stages of `reachenv train` around the training itself: what is said, held, filmed and closed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from reachenv.lab.commands.plan import Plan
from reachenv.lab.design.design import Design
from reachenv.lab.design.group import Group
from reachenv.lab.design.wording import group_words
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import disk_trouble
from reachenv.lab.records.recording import read_session_trials, read_trials, recorded_areas
from reachenv.lab.runner import ray_cluster as ray_run
from reachenv.lab.runner.brains import Parts, meet, parts_for
from reachenv.lab.runner.local import SessionDone, carry_out
from reachenv.lab.runner.progress import Tally, fraction, watching
from reachenv.lab.runner.tensorboard import Events


@contextmanager
def at_work(plan: Plan) -> Iterator[None]:
    """Hold the run folder alone; say what begins; turn interruption and a full disk into how to go on."""
    run = plan.run
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with run.alone():
            if plan.resumed and run.finished():
                raise UserError(f"{run.path} is finished and stays as it is; redraw it with reachenv report {run.path}")
            run.sweep()
            _say_start(plan)
            yield
    except KeyboardInterrupt:
        print(f"\nStopped; finished sessions are kept. Go on: reachenv train --resume {run.path}", file=sys.stderr)
        raise
    except OSError as error:
        trouble = disk_trouble(error, run.path)
        raise trouble or error from None
    finally:
        signal.signal(signal.SIGTERM, before)


def train_mice(plan: Plan, parts: Parts | None = None) -> None:
    """Run what is left of the design, with live progress and TensorBoard events."""
    run, design = plan.run, plan.design
    done = read_trials(run)
    events = Events(run, done)

    def follow(event: object) -> None:
        show(event)
        if isinstance(event, SessionDone):
            for subject in event.subjects:
                events.add(read_session_trials(run, subject, event.session))

    spread = ray_run.carry_out if plan.ray else carry_out
    with watching(Tally(design, done)) as show:
        spread(run, design, parts or parts_for(design.brain), plan.workers, follow)
    events.close(read_trials(run))


def make_film(plan: Plan) -> None:
    """Film the run where that is wanted and possible; where not, say how to get the film later."""
    if not plan.film:
        return
    try:
        from reachenv.lab.film.video import film_run

        with fraction("Making the film") as show:
            film_run(plan.run.path, progress=show, force=True)  # a film there is from before an interruption
    except (KeyboardInterrupt, UserError):
        raise
    except Exception as error:  # a machine without GL must not cost a run its report
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        print(f"No film: {reason} Later: reachenv film {plan.run.path}", file=sys.stderr)


def close(plan: Plan) -> None:
    """Mark the run as finished and say where things are."""
    path = plan.run.path
    plan.run.update(status="finished", finished=datetime.now().isoformat(timespec="seconds"))
    print(f"\nDone: {path}/")
    for name, what in (
        ("report.html", "the results on one page: open it in a browser"),
        ("rollout.mp4", "the film"),
        ("findings.json", "published findings, judged: reachenv findings prints them"),
        ("figures/", "the figures"),
        ("trials.parquet", "one row a trial"),
        ("mice/", "the brain of every mouse after every session, and its recordings"),
        ("tensorboard/", f"tensorboard --logdir {path}/tensorboard"),
    ):
        if (path / name).exists():
            print(f"  {name:<15} {what}")
    if "m1_l23" in recorded_areas(plan.run):
        print(f"Analyse the imaged population, for more figures and verdicts: reachenv analyse {path}")
    print(f"Draw figures and report again from these files: reachenv report {path}")


def _say_start(plan: Plan) -> None:
    run, design = plan.run, plan.design
    if plan.resumed:
        config = run.config()
        run.update(resumed=[*config["resumed"], datetime.now().isoformat(timespec="seconds")])
        changed = provenance.differences(config["versions"], provenance.versions())
        if changed:
            print(f"Note: versions changed since this run began ({changed}); bits may differ.", file=sys.stderr)
        began, now = config.get("brain", {}), meet(design, parts_for(design.brain)).describe()
        if began.get("digest", now.digest) != now.digest:
            print(
                f"Note: the brain changed since this run began ({began['name']} {began['version']}, digest {began['digest']}; now "
                f"{now.name} {now.version}, {now.digest}); mice go on with that of now, and bits will differ.",
                file=sys.stderr,
            )
    print(f"{'Resuming' if plan.resumed else 'Run'} {run.path}: {describe(design)}", flush=True)


def describe(design: Design) -> str:
    """A design in one sentence."""
    groups = ", ".join(_describe_group(g, design.sessions) for g in design.groups)
    return (
        f"design {design.name}, brain {design.brain}, {groups}; {design.mice} mice a group, "
        f"{design.sessions} sessions of {design.trials} trials, seed {design.seed}."
    )


def _describe_group(group: Group, sessions: int) -> str:
    words = group_words(group, sessions)
    return f"{group.name} ({words})" if words else group.name


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
