"""From options to a plan: every check, and then, nothing before, the run folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reachenv.lab.commands.train import Options
from reachenv.lab.design.design import Design
from reachenv.lab.design.make import make_design
from reachenv.lab.errors import UserError
from reachenv.lab.records import provenance
from reachenv.lab.records.folder import Run, check_name, create_run, free_name, open_run
from reachenv.lab.runner.brains import about_brain, meet, parts_for
from reachenv.lab.runner.origin import adopt, check_size, find_origin
from reachenv.lab.runner.ray_cluster import find_ray

RUNS = Path("runs")


@dataclass(frozen=True)
class Plan:
    """What is going to be done, all of it checked. `resumed`: the folder was there before."""

    run: Run
    design: Design
    workers: int
    film: bool
    resumed: bool
    ray: bool = False


def make_plan(options: Options, typed: str, now: datetime | None = None) -> Plan:
    """Check everything, then open or make the run folder. Raises UserError; nothing is written where it does.

    typed: the command line, for config.json.
    """
    workers = number_of_workers(options.workers, options.ray)
    if options.resume is not None:
        return _resumed(options.resume, options, workers)
    source, origin = (
        find_origin(options.from_run, options.from_group, options.from_session) if options.from_run else (None, None)
    )
    if origin is None and (options.from_session is not None or options.from_group is not None):
        raise UserError("--from-session and --from-group choose among the mice of a run; give the run with --from.")
    design = make_design(
        "acquisition" if options.design is None else options.design,
        groups=options.groups,
        interventions=options.intervention,
        mice=source.design().mice if source and options.mice is None else options.mice,
        sessions=options.sessions,
        trials=options.trials,
        timing=options.timing,
        seed=options.seed,
        brain=options.brain,
        settings=options.settings,
        record=options.record,
        origin=origin,
    )
    if source and origin:
        check_size(source, origin, design.mice)
    if options.record and not options.recording:
        raise UserError("--record names areas to record, and --no-recording records nothing; give one of them.")
    parts = parts_for(design.brain)
    brain = meet(design, parts)
    now = now or datetime.now()
    if options.output is not None and options.name is not None:
        raise UserError("--output and --name both name the run folder; give one of them.")
    name = free_name(RUNS, design.name, now) if options.name is None else check_name(options.name)
    path = RUNS / name if options.output is None else options.output
    config = {
        "status": "running",
        "command": typed,
        "design": design.to_json(),
        "recording": options.recording,
        "film": options.film,
        "workers": workers,
        "versions": provenance.versions(),
        "git": provenance.git_revision(),
        "machine": provenance.machine(),
        **about_brain(brain, design, parts),
        "started": now.isoformat(timespec="seconds"),
        "finished": None,
        "resumed": [],
    }
    run = create_run(path, config | ({"origin": {"path": str(source.path.resolve())}} if source else {}))
    if source:
        adopt(run, design, source)
    return Plan(run, design, workers, options.film and options.recording, resumed=False, ray=options.ray)


def _resumed(path: Path, options: Options, workers: int) -> Plan:
    run = open_run(path)
    config = run.config()
    if run.design().origin and "sha256" not in config["origin"]:  # killed before all brains were copied
        if "path" not in config["origin"]:
            raise UserError(
                f"{path} cannot go on: its config.json does not say where its mice come from (origin.path)."
            )
        with run.alone():
            adopt(run, run.design(), open_run(Path(config["origin"]["path"])))
    film = options.film and config["film"] and config["recording"]
    return Plan(run, run.design(), workers, film, resumed=True, ray=options.ray)


def number_of_workers(given: int | None, ray: bool = False) -> int:
    """How many processes, or batches on a cluster, where 0 stands for as many as it has cores."""
    if ray:
        find_ray()  # says how to get it, before any work
        return given or 0
    return given or min(2, os.cpu_count() or 1)
