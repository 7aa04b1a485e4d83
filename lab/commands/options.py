"""The command line of train.py: what may be asked for, and a plan out of it, checked before any work begins."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import UseAppendAction, arg
from tyro.constructors import PrimitiveConstructorSpec

from reachenv.lab.design.catalogue import DESIGNS, TIMINGS
from reachenv.lab.design.design import Design
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, check_name, create_run, free_name, open_run
from reachenv.lab.runner.brains import about_brain, meet, parts_for
from reachenv.lab.runner.origin import adopt, check_size, find_origin
from reachenv.lab.runner.ray_cluster import find_ray

RUNS = Path("runs")


def _number(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UserError(f"--{option} wants a whole number; {text!r} given.") from None


def _whole(option: str) -> PrimitiveConstructorSpec:
    """How the command line reads a whole number, and refuses in one sentence what is none."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="N",
        instance_from_str=lambda words: _number(option, words[0]),
        is_instance=lambda value: value is None or isinstance(value, int),
        str_from_instance=lambda value: [str(value)],
    )


def _option(help: str, default: str, metavar: str | None = None):
    return arg(help=help, help_behavior_hint=f"(default: {default})", metavar=metavar)


def _count(option: str, help: str, default: str):
    return Annotated[int | None, _whole(option), _option(help, default)]


def _sizes(what: str) -> str:
    """The default of most designs, then those that have another."""
    sizes = {name: getattr(design, what) for name, design in DESIGNS.items()}
    usual = Counter(sizes.values()).most_common(1)[0][0]
    return ", ".join([str(usual), *(f"{size} in {name}" for name, size in sizes.items() if size != usual)])


@dataclass(frozen=True)
class Options:
    """Train virtual mice to reach for a pellet, block their dopamine partway, and leave learning curves, a film and a
    report in a folder under runs/.

    Without options: the design `acquisition`, a control group and one with M1 dopamine blocked in sessions 2-4.
    """

    design: Annotated[
        str | None,
        _option(f"Experiment: {', '.join(DESIGNS)}. Example: --design expert-block", "acquisition", "NAME"),
    ] = None
    agent: Annotated[
        str | None,
        _option(
            f"Who learns: {', '.join(AGENTS)}, or a baseline without a design: {', '.join(ALONE)}. Example: --agent ppo",
            "bg_loop",
            "NAME",
        ),
    ] = None
    steps: _count(
        "steps",
        "Baselines: steps of 10 ms to learn from. With --resume, a finished run goes on up to so many. Example: --steps 1000000",
        "3 million, muscle 20 million",
    ) = None
    control: Annotated[
        str | None, _option("Baselines: spinal or muscle. Example: --control muscle", "spinal", "NAME")
    ] = None
    reward: Annotated[
        str | None,
        _option("Baselines: reward in training, shaped or sparse. Example: --reward sparse", "shaped", "NAME"),
    ] = None
    device: Annotated[
        str | None,
        _option("Baselines: where the net runs, cpu, cuda or auto. Example: --device cuda", "cpu", "NAME"),
    ] = None
    groups: Annotated[
        tuple[str, ...] | None,
        _option(
            "Groups of the design to run. Example: --groups control m1-block sham", "those of the design", "NAME ..."
        ),
    ] = None
    lesion: Annotated[
        UseAppendAction[tuple[str, ...]],
        _option(
            "Add a group with dopamine blocked at m1, striatum or both, in these sessions, at a depth from 0 to 1; it "
            "runs beside control. Join with + for one group; repeat for more groups. Also a nucleus or projection silenced "
            "or scaled, a nucleus stimulated, nigral cells lost; in some trials or seconds. "
            "Example: --lesion m1:2-4 --lesion both:2-4@0.5 --lesion gpi:8/21-40 --lesion thalamus>it:2-4x0.5 "
            "--lesion d1:2~theta-burst --lesion snc:2-7@0.6 --lesion m1:2-4/1.0-1.5s; with --agent ppo: --lesion rpe:6-10",
            "that of the design",
            "TARGET:SESSIONS[@DEPTH]",
        ),
    ] = ()
    mice: _count("mice", "Mice in each group. Example: --mice 12", _sizes("mice")) = None
    sessions: _count("sessions", "Sessions (days of training). Example: --sessions 9", _sizes("sessions")) = None
    trials: _count("trials", "Trials in each session. Example: --trials 55", _sizes("trials")) = None
    timing: Annotated[
        str | None,
        _option(
            "Timing of a trial: compact (tone at 1 s, 4 s in all) or ghanayim2025 (tone at 4 s, 12 s in all). "
            "Example: --timing ghanayim2025",
            TIMINGS[0],
            "NAME",
        ),
    ] = None
    seed: _count("seed", "Seed of the whole cohort; the same seed gives the same bits. Example: --seed 7", "0") = None
    name: Annotated[
        str | None,
        _option("Name of the run folder under runs/. Example: --name pilot", "design and time", "NAME"),
    ] = None
    output: Annotated[
        Path | None,
        _option(
            "The run folder itself, anywhere; it must not exist. Example: --output /data/pilot", "runs/NAME", "DIR"
        ),
    ] = None
    from_run: Annotated[
        Path | None,
        arg(
            name="from",
            help="Go on with the trained mice of a finished run instead of novices: their training is then left out. "
            "Example: --design adaptation --from runs/acquisition-full",
            help_behavior_hint="(default: novices)",
            metavar="RUN",
        ),
    ] = None
    from_session: _count(
        "from-session", "Take them after this session. Example: --from-session 7", "the last that is done"
    ) = None
    from_group: Annotated[
        str | None,
        _option("Take them from this group of that run. Example: --from-group m1-block", "control", "NAME"),
    ] = None
    resume: Annotated[
        Path | None,
        _option(
            "Continue a run that was interrupted; it keeps its own settings. Example: --resume runs/pilot",
            "none",
            "RUN",
        ),
    ] = None
    workers: _count(
        "workers",
        "Processes to spread the mice over; baselines: threads that step their worlds. Results do not depend on it. "
        "Example: --workers 8",
        "at most 2",
    ) = None
    ray: Annotated[
        bool,
        _option(
            "Spread the mice over a Ray cluster, that of RAY_ADDRESS or one on this machine; --workers then says how many "
            "batches. Results do not depend on it. Example: --ray",
            "no cluster",
        ),
    ] = False
    film: Annotated[bool, _option("Make rollout.mp4 at the end. Example: --no-film", "film")] = True
    recording: Annotated[
        bool,
        _option(
            "Record movement, dopamine and M1 activity; without it no film and no dopamine figure. "
            "Example: --no-recording",
            "recording",
        ),
    ] = True


@dataclass(frozen=True)
class Plan:
    """What is going to be done, all of it checked. `resumed` says that the folder was there before."""

    run: Run
    design: Design
    workers: int
    film: bool
    resumed: bool
    ray: bool = False


def read_options(words: Sequence[str] | None = None) -> Options:
    """Options from the command line. What cannot be read raises UserError with one sentence."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options, unknown = tyro.cli(Options, prog="train.py", args=words, return_unknown_args=True)
    except SystemExit as end:
        if end.code:
            raise UserError(f"{_first_words(said.getvalue())} python train.py --help explains.") from None
        raise
    if unknown:
        known = [spelled(f.name) for f in fields(Options)] + ["--no-film", "--no-recording"]
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]}?" if near else "python train.py --help lists what there is."
        raise UserError(f"{unknown[0]!r} is not an option; {hint}")
    return options


def _first_words(box: str) -> str:
    """What a framed message of the option parser says: neither its frame, nor its title, nor its hints for help."""
    lines = [line.strip(" │|╭╮╰╯─+-") for line in box.splitlines()]
    said = [line for line in lines if line and "helptext" not in line][1:]
    return " ".join(said) or "The command line cannot be read."


def make_plan(options: Options, words: Sequence[str] | None = None, now: datetime | None = None) -> Plan:
    """Check everything, then open or make the run folder. Raises UserError; nothing is written where it does."""
    workers = checked_workers(options.workers, options.ray)
    if options.resume is not None:
        return _resumed(options, workers)
    if options.groups == ():
        raise UserError("--groups wants at least one name, for example --groups control m1-block.")
    source, origin = (
        find_origin(options.from_run, options.from_group, options.from_session) if options.from_run else (None, None)
    )
    if origin is None and (options.from_session is not None or options.from_group is not None):
        raise UserError("--from-session and --from-group say which mice of a run; give the run with --from.")
    design = make_design(
        options.design or "acquisition",
        groups=options.groups or (),
        interventions=options.lesion,
        mice=source.design().mice if source and options.mice is None else options.mice,
        sessions=options.sessions,
        trials=options.trials,
        timing=options.timing,
        seed=options.seed,
        agent=options.agent or "bg_loop",
        origin=origin,
    )
    if source:
        check_size(source, origin, design.mice)
    brain = meet(design, parts_for(design.brain))
    now = now or datetime.now()
    if options.output and options.name:
        raise UserError("--output and --name both name the run folder; give one of them.")
    path = options.output or RUNS / (check_name(options.name) if options.name else free_name(RUNS, design.name, now))
    config = {
        "status": "running",
        "command": "python train.py " + shlex.join(sys.argv[1:] if words is None else words),
        "design": design.to_json(),
        "recording": options.recording,
        "film": options.film,
        "workers": workers,
        "versions": provenance.versions(),
        "git": provenance.git_revision(),
        "machine": provenance.machine(),
        **about_brain(brain, design, parts_for(design.brain)),
        "started": now.isoformat(timespec="seconds"),
        "finished": None,
        "resumed": [],
    }
    run = create_run(path, config | ({"origin": {"path": str(source.path.resolve())}} if source else {}))
    if source:
        adopt(run, design, source)
    return Plan(run, design, workers, options.film and options.recording, resumed=False, ray=options.ray)


def _resumed(options: Options, workers: int) -> Plan:
    free = {"resume", "workers", "film", "ray"}
    for field in fields(Options):
        if field.name not in free and getattr(options, field.name) != field.default:
            raise UserError(
                f"--resume continues a run with its own settings; {spelled(field.name)} cannot be given with it "
                "(--workers, --ray and --no-film can)."
            )
    run = open_run(options.resume)
    config = run.config()
    if run.design().origin and "sha256" not in config["origin"]:  # killed before all brains were copied
        adopt(run, run.design(), open_run(Path(config["origin"]["path"])))
    film = options.film and config["film"] and config["recording"]
    return Plan(run, run.design(), workers, film, resumed=True, ray=options.ray)


def spelled(field: str) -> str:
    """An option as it is typed."""
    return "--" + field.replace("from_run", "from").replace("_", "-")


def checked_workers(asked: int | None, ray: bool = False) -> int:
    """How many processes, or batches on a cluster, where 0 stands for as many as it has cores."""
    if asked is not None and not 1 <= asked <= 256:
        raise UserError(f"the number of workers must lie between 1 and 256; --workers {asked} given.")
    if ray:
        find_ray()  # says how to get it, before any work
        return asked or 0
    return asked or min(2, os.cpu_count() or 1)
