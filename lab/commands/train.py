"""`reachenv train`, which is `python train.py`: its options, and what is done with them from first to last."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from reachenv.lab.commands.options import Section, add_options, option, read_options
from reachenv.lab.commands.parser import MOST_WORKERS, Command, Names, whole
from reachenv.lab.design.catalogue import DESIGNS, TIMINGS

EXPERIMENT = Section("the experiment")
BRAIN = Section("the brain")
ORIGIN = Section("mice of a finished run instead of novices")
FOLDER = Section("what is kept, and where")
GOING = Section("how it is carried out; these can be given with --resume, too", resumes=True)


def _sizes(what: str) -> str:
    """The default of most designs, then those that have another."""
    sizes = {name: getattr(design, what) for name, design in DESIGNS.items()}
    usual = Counter(sizes.values()).most_common(1)[0][0]
    return ", ".join([str(usual), *(f"{size} in {name}" for name, size in sizes.items() if size != usual)])


def _setting(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, {text!r} given")
    return text


@dataclass(frozen=True)
class Options:
    """What can be asked of `reachenv train`. Where one is None, the design or the run decides."""

    design: str | None = option(
        EXPERIMENT, None, f"A design by name: {', '.join(DESIGNS)}. `reachenv designs` explains them.",
        "--design expert-block", metavar="NAME", shown="acquisition",
    )  # fmt: skip
    groups: tuple[str, ...] = option(
        EXPERIMENT, (), "Groups of the design to run.", "--groups control,m1-block,sham",
        metavar="NAME", nargs="+", action=Names, shown="those of the design",
    )  # fmt: skip
    intervention: tuple[str, ...] = option(
        EXPERIMENT, (),
        "Add a group to which this is done; it runs beside control. Dopamine blocked at m1, striatum or both, in these "
        "sessions, to a depth from 0 to 1; a nucleus or projection silenced or scaled; a nucleus stimulated; nigral cells "
        "lost; in some trials or seconds. Join with + for one group, repeat for more groups. docs/model.md lists all.",
        "--intervention m1:2-4 --intervention both:2-4@0.5 --intervention gpi:8/21-40 --intervention 'thalamus>it:2-4x0.5' "
        "--intervention d1:2~theta-burst --intervention snc:2-7@0.6 --intervention m1:2-4/1.0-1.5s",
        "--intervention", "--lesion", metavar="TARGET:SESSIONS", action="append", shown="those of the design",
    )  # fmt: skip
    mice: int | None = option(
        EXPERIMENT, None, "Mice in each group.", "--mice 12", metavar="N", type=whole(), shown=_sizes("mice")
    )
    sessions: int | None = option(
        EXPERIMENT, None, "Sessions (days of training).", "--sessions 9",
        metavar="N", type=whole(), shown=_sizes("sessions"),
    )  # fmt: skip
    trials: int | None = option(
        EXPERIMENT, None, "Trials in each session.", "--trials 55", metavar="N", type=whole(), shown=_sizes("trials")
    )
    timing: str | None = option(
        EXPERIMENT, None,
        "Timing of a trial: compact (tone at 1 s, 4 s in all) or ghanayim2025 (tone at 4 s, 12 s in all).",
        "--timing ghanayim2025", metavar="NAME", shown=TIMINGS[0],
    )  # fmt: skip
    seed: int | None = option(
        EXPERIMENT, None, "Seed of the whole cohort; the same seed gives bit-identical runs.", "--seed 7",
        metavar="N", type=whole(), shown="0",
    )  # fmt: skip
    brain: str | None = option(
        BRAIN, None,
        "Brain of the mice: bg_loop; ppo, sac or recurrent_ppo for policies in the place of brains; or package.module:NAME for one of "
        "your own (docs/own-brain.md). --agent ppo instead trains a baseline without a design, as `reachenv baseline` does.",
        "--brain examples.own_brain:AimLearner", "--brain", "--agent", metavar="NAME", shown="bg_loop, or that of --from RUN",
    )  # fmt: skip
    settings: tuple[str, ...] = option(
        BRAIN, (), "Set a parameter of the brain; repeat for more.", "--set plasticity.tag=0.5",
        "--set", metavar="NAME=VALUE", action="append", type=_setting, shown="as the brain has them",
    )  # fmt: skip
    record: tuple[str, ...] = option(
        BRAIN, (), "Areas of the brain, muscles or joints to record at every step, beside what is always recorded.",
        "--record gpi,thalamus", metavar="AREA", nargs="+", action=Names, shown="none",
    )  # fmt: skip
    from_run: Path | None = option(
        ORIGIN, None, "Go on with the trained mice of this run; their training is then left out.",
        "--design adaptation --from runs/acquisition-full", "--from", metavar="RUN", type=Path, shown="novices",
    )  # fmt: skip
    from_session: int | None = option(
        ORIGIN, None, "Take them after this session.", "--from-session 7",
        metavar="N", type=whole(), shown="the last that is done",
    )  # fmt: skip
    from_group: str | None = option(
        ORIGIN, None, "Take them from this group.", "--from-group m1-block", metavar="NAME", shown="control"
    )
    name: str | None = option(
        FOLDER, None, "Name of the run folder under runs/.", "--name pilot", metavar="NAME", shown="design and time"
    )
    output: Path | None = option(
        FOLDER, None, "The run folder itself, anywhere; it must not exist.", "--output /data/pilot",
        metavar="DIR", type=Path, shown="runs/NAME",
    )  # fmt: skip
    recording: bool = option(
        FOLDER, True, "Record movement, dopamine and M1 activity; without it no film and no dopamine figure.",
        "--no-recording", action=argparse.BooleanOptionalAction, shown="recording",
    )  # fmt: skip
    resume: Path | None = option(
        GOING, None, "Continue a run that was interrupted; it keeps its own settings.", "--resume runs/pilot",
        metavar="RUN", type=Path, shown="a new run",
    )  # fmt: skip
    workers: int | None = option(
        GOING, None, "Processes to spread the mice over. Results do not depend on it.", "--workers 8",
        metavar="N", type=whole(1, MOST_WORKERS), shown="at most 2",
    )  # fmt: skip
    ray: bool = option(
        GOING, False,
        "Spread the mice over a Ray cluster, that of RAY_ADDRESS or one on this machine; --workers then gives the number of "
        "batches. Results do not depend on it.",
        "--ray", action=argparse.BooleanOptionalAction, shown="no cluster",
    )  # fmt: skip
    film: bool = option(
        GOING, True, "Make rollout.mp4 at the end.", "--no-film", "--film",
        action=argparse.BooleanOptionalAction, shown="film",
    )  # fmt: skip


def run(parsed: argparse.Namespace) -> None:
    from reachenv.lab import findings
    from reachenv.lab.commands import stages
    from reachenv.lab.commands.plan import make_plan
    from reachenv.lab.figures import run as figures
    from reachenv.lab.records.recording import assemble_trials
    from reachenv.lab.report import page as report

    options = read_options(Options, parsed)
    plan = make_plan(options, parsed.typed)  # every check is in here; from now on there is work to lose
    with stages.at_work(plan):  # nobody else in the folder; says how to go on if interrupted
        stages.train_mice(plan)  # session by session, each one saved: --resume continues after the last
        assemble_trials(plan.run)
        figures.draw_all(plan.run)
        findings.write(plan.run)
        stages.make_film(plan)
        report.write(plan.run)
        stages.close(plan)


COMMAND = Command(
    "train",
    "train mice: with and without dopamine, or in any other design; then figures, verdicts, a film and a report",
    "--design acquisition --mice 12",
    lambda parser: add_options(parser, Options),
    run,
    details="Without options: the design acquisition, a control group and one with M1 dopamine blocked in sessions 2-4. All that a "
    "run leaves lies in a folder under runs/; a run that was interrupted goes on with --resume and ends bit-identical.",
)
