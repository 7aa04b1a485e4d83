"""What of a finished run belongs into a repository:  reachenv publish RUN FOLDER

config.json, findings.json, the figures (made small), trials.parquet where it is small, and a README.md that shows them.
`--part network` takes what concerns the imaged population alone, `--part behaviour` all else.
Paths and names of the machine stay behind. Recordings and brains are too large: the command makes them again, to the bit.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from reachenv.lab import findings
from reachenv.lab.analysis import ablation_costs as costs
from reachenv.lab.errors import UserError
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED
from reachenv.lab.records.config import Config, to_json
from reachenv.lab.records.folder import Run, check_folder, write_bytes, write_text, write_whole
from reachenv.lab.records.recording import read_trials

MOST_FIGURES = 3_000_000  # bytes, all together
PARTS = ("all", "behaviour", "network")
MOST_TRIALS = 2_000_000  # bytes
WIDTHS = (1600, 1200, 900, 700)  # px, tried from the largest until the figures fit
_PATH = re.compile(r"(?<![\w.~/:])(?:~|/)[\w.+@~-]*(?:/[\w.+@~-]+)+/?")  # with a folder in it: 'm1:2/21-40' is none


def publish(run: Run, folder: Path, overwrite: bool = False, part: str = "all") -> list[Path]:
    """Fill `folder` from a finished run; the files written. UserError where the run or the folder does not allow it."""
    if part not in PARTS:
        raise UserError(f"the part {part!r} is not known; there is {', '.join(PARTS)}.")
    if not run.finished():
        raise UserError(f"{run.path} is not finished; only a finished run is published.")
    if not (run.path / "findings.json").exists():
        raise UserError(f"{run.path} has no findings.json; first: reachenv findings {run.path}")
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"{folder} is a file; give a folder to publish into.")
    check_folder(folder, "FOLDER")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise UserError(
                f"{folder} holds files already and is not overwritten; give --overwrite, or another folder."
            )
    config, judged = _config(run), without_machine(findings.read(run))
    judged["findings"] = [
        row for row in judged["findings"] if part in ("all", "network" if row["id"][0] == "N" else "behaviour")
    ]
    trials = run.path / "trials.parquet"
    with_trials = part != "network" and trials.is_file() and trials.stat().st_size <= MOST_TRIALS
    names = [name for name in _captions(part) if (run.path / "figures" / f"{name}.png").exists()]
    pictures = small([run.path / "figures" / f"{name}.png" for name in names])
    worth = [] if part == "network" else costs.costs(run.design(), read_trials(run))
    text = page(run.path.resolve().name, config, judged, names, with_trials, worth)
    for old in (
        *_own(folder),
        *(folder / "figures").glob("*.png"),
    ):  # now that nothing is left that can be wrong with the run
        old.unlink(missing_ok=True)
    written = [folder / "config.json", folder / "findings.json"]
    for path, data in zip(written, (config, judged), strict=True):
        write_bytes(path, to_json(data, indent=1))
    if with_trials:
        write_whole(folder / "trials.parquet", lambda part: shutil.copyfile(trials, part))
        written.append(folder / "trials.parquet")
    for name, picture in zip(names, pictures, strict=True):
        path = folder / "figures" / f"{name}.png"
        write_bytes(path, picture)
        written.append(path)
    write_text(folder / "README.md", text)
    return [*written, folder / "README.md"]


def without_machine(data: Any) -> Any:
    """The same data without what tells of a machine: paths become their last part, kernel and host go."""
    if isinstance(data, dict):
        kept = {name: without_machine(value) for name, value in data.items()}
        if isinstance(data.get("machine"), dict):
            system = str(data["machine"].get("system", "")).split("-")[0]
            kept["machine"] = {"system": system, **{k: data["machine"].get(k) for k in ("processor", "cores")}}
        return kept
    if isinstance(data, list):
        return [without_machine(value) for value in data]
    return _PATH.sub(lambda found: found[0].rstrip("/").rsplit("/", 1)[-1], data) if isinstance(data, str) else data


def small(paths: Sequence[Path], most: int = MOST_FIGURES) -> list[bytes]:
    """PNG files as PNG bytes of 256 colours, the widest size of WIDTHS at which they fit into `most` bytes together."""
    pictures: list[bytes] = []
    for width in WIDTHS:
        pictures = [_reduced(path, width) for path in paths]
        if sum(map(len, pictures)) <= most:
            return pictures
    size = sum(map(len, pictures)) / 1e6
    raise UserError(f"{len(paths)} figures take {size:.1f} MB at their smallest; {most / 1e6:g} MB are allowed.")


def page(
    name: str, config: dict, judged: dict, figures: Sequence[str], trials: bool, worth: Sequence[costs.Cost] = ()
) -> str:
    """README.md: how the run was made, verdicts, what each mechanism is worth where that was tried, figures."""
    design, captions = config["design"], _captions()
    groups = ", ".join(group["name"] for group in design["groups"])
    mice = f"{design['mice']} {'mice' if design['mice'] != 1 else 'mouse'} a group"
    sessions = f"{design['sessions']} session{'s' if design['sessions'] != 1 else ''}"
    # What was not asked of this run, and what the run was too small for, are two things.
    asked = [row for row in judged["findings"] if row["verdict"] != UNDECIDED or row["n"]]
    unasked = [row["id"] for row in judged["findings"] if row not in asked]
    counts = [f"{sum(row['verdict'] == v for row in asked)} {v}" for v in (REPRODUCED, FAILED, UNDECIDED)]
    versions = ", ".join(f"{package} {number}" for package, number in config["versions"].items())
    machine = config["machine"]
    lines = [
        f"# {name}", "",
        "Simulated animals. Written by `reachenv publish` from the files of a finished run; do not edit.", "",
        "```sh", config["command"], "```", "",
        f"- Design `{design['name']}`: {groups}; {mice}, {sessions} of {design['trials']} trials, timing `{design['timing']}`.",
        f"- Seed of the cohort: {design['seed']}.",
        *_origin_line(design),
        f"- Started {config['started']}, {config['took']}, on {machine['cores']} cores ({machine['system']}, {machine['processor']}).",
        f"- Source revision {config.get('git') or 'unknown'}; {versions}.",
        *_analyses_line(config, asked), "",
        "## Verdicts", "", f"{', '.join(counts)}. A finding that fails stays. The same in numbers: `findings.json`.", "",
        "| id | finding | verdict | statistic [interval] | n | note |", "| --- | --- | --- | --- | --- | --- |",
        *(_verdict_line(row) for row in asked), "",
    ]  # fmt: skip
    if unasked:
        lines += [f"Not asked of this run: {', '.join(unasked)}; `findings.json` says what each needs.", ""]
    if worth:
        lines += ["## What each mechanism is worth", ""]
        lines += [
            "Mice that lack one mechanism from birth on, and control, whose twins they are.",
            "",
            costs.table(list(worth)),
            "",
        ]
    if figures:
        lines += ["## Figures", ""]
    for figure in figures:
        words = captions[figure].split(". ")[0].rstrip(".") + "."
        lines += [f"![{figure.replace('_', ' ')}](figures/{figure}.png)", "", f"*{words}*", ""]
    if trials:
        lines += ["One row a trial: `trials.parquet`, columns as in `lab/record.py`.", ""]
    return "\n".join(lines)


def _config(run: Run) -> dict:
    """The run's config without the machine, and with the time that it took in words."""
    config = without_machine(run.config())
    return Config(run.path, config | {"took": _took(config)})


def _took(config: dict) -> str:
    if not config.get("started") or not config.get("finished"):
        return "took an unknown time"
    minutes = (
        datetime.fromisoformat(config["finished"]) - datetime.fromisoformat(config["started"])
    ).total_seconds() / 60
    resumed = len(config.get("resumed") or ())
    breaks = f", breaks included (resumed {resumed} times)" if resumed else ""
    return f"took {minutes:.0f} min from start to report{breaks}"


def _analyses_line(config: dict, asked: Sequence[dict]) -> list[str]:
    """Which source made the analyses, where any of their findings is on the page."""
    imaged = any(row["id"].startswith("N") for row in asked)
    return (
        [f"- Analyses of the imaged population: source revision {config['analysed']}."]
        if imaged and config.get("analysed")
        else []
    )


def _origin_line(design: dict) -> list[str]:
    origin = design.get("origin")
    if not origin:
        return []
    return [f"- Mice of the run `{origin['run']}`, group `{origin['group']}`, after its session {origin['session']}."]


def _verdict_line(row: dict) -> str:
    parts = row["parts"] or [row]
    numbers = "\n".join(said for part in parts if (said := findings.in_words({**part, "note": ""})))
    notes = "\n".join(dict.fromkeys(part["note"] for part in (row, *parts) if part["note"]))
    n = f"{row['n']} {row['unit']}" if row["n"] else ""
    cells = (row["id"], row["text"], row["verdict"], numbers, n, notes)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells) + " |"


def _captions(part: str = "all") -> dict[str, str]:
    from reachenv.lab.figures import loop as figures_loop
    from reachenv.lab.figures import network as figures_network
    from reachenv.lab.figures import outcome as figures_outcome
    from reachenv.lab.report import page as report

    network, behaviour = figures_network.CAPTIONS | figures_outcome.CAPTIONS, report.CAPTIONS | figures_loop.CAPTIONS
    return {"all": behaviour | network, "behaviour": behaviour, "network": network}[part]


def _reduced(path: Path, width: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:  # as PIL says that a file is no picture, or half of one
        raise UserError(f"{path} is damaged ({error}); draw the figures again.") from None
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    out = BytesIO()
    picture.quantize(256).save(out, "PNG", optimize=True)
    return out.getvalue()


def _own(folder: Path) -> list[Path]:
    return [folder / name for name in ("config.json", "findings.json", "trials.parquet", "README.md")]
