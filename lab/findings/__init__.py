"""Every published finding as a test with a verdict, from a finished run's files alone:  reachenv findings RUN

Statistics count animals. Resampling uses a fixed seed, so the same files give the same verdicts. A row that fails stays.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from reachenv.lab.errors import UserError
from reachenv.lab.findings.catalogue import FINDINGS, Finding
from reachenv.lab.findings.verdict import Evidence, Judged, evidence_of
from reachenv.lab.records.config import Wrong, maybe, number, read_json, record, several, text, whole
from reachenv.lab.records.folder import Run, write_text

Row = tuple[Finding, Judged]


def judge(evidence: Evidence) -> list[Row]:
    """The verdict on every finding, in the order of the catalogue."""
    return [(finding, finding.judge(evidence)) for finding in FINDINGS]


def write(run: Run) -> list[Row]:
    """Judge a run by its files and write its findings.json."""
    evidence, config = evidence_of(run), run.config()
    rows = judge(evidence)
    told = {
        "design": config["design"],
        "command": config.get("command"),
        "trials": len(evidence.trials),
        "complete": len(evidence.trials) == evidence.design.total_trials(),
        "findings": [_row(finding, judged) for finding, judged in rows],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(run.path / "findings.json", text)
    return rows


def table_for_report(run: Run) -> list[dict[str, str]]:
    """The verdicts in words, from findings.json; empty where none were written. Keys: id, text, source, rule, verdict, said, n."""
    if not (run.path / "findings.json").exists():
        return []
    return [
        {key: row[key] for key in ("id", "text", "source", "rule", "verdict")}
        | {
            "said": "\n".join(in_words(part) for part in (row["parts"] or [row])),
            "n": f"{row['n']} {row['unit']}" if row["n"] else "",
        }
        for row in read(run)["findings"]
    ]


_ROW = {
    **dict.fromkeys(("statistic", "p"), maybe(number(-1e300, 1e300))),
    **dict.fromkeys(("measure", "note", "unit", "verdict"), text),
    "interval": maybe(several(maybe(number(-1e300, 1e300)), 2, 2)),
    "n": whole(0, 10**9),
}
_ABOUT = dict.fromkeys(("id", "text", "source", "rule"), text)
_FINDINGS = record({"findings": several(record({**_ABOUT, **_ROW, "parts": several(record(_ROW))}))})


def read(run: Run) -> dict[str, Any]:
    """What `write` wrote; UserError where it is not there, or damaged."""
    path = run.path / "findings.json"
    try:
        told = read_json(path)
        _FINDINGS(told)
        return told
    except FileNotFoundError:
        raise UserError(f"{run.path} has no findings.json; first: reachenv findings {run.path}") from None
    except Wrong as wrong:
        raise UserError(f"{path} is damaged: {wrong}; write it again: reachenv findings {run.path}") from None


def said(judged: Judged) -> str:
    """What a verdict rests on, in words: numbers, then the note."""
    return "\n".join(in_words(_plain(part)) for part in (judged.parts or (judged,)))


def in_words(row: dict) -> str:
    """Measure, statistic, interval, P and note of a row of findings.json, or of one of its parts."""
    parts = []
    if row["statistic"] is not None:
        ends = "" if row["interval"] is None else " [{}, {}]".format(*(_number(end) for end in row["interval"]))
        parts.append(f"{row['measure']}: {_number(row['statistic'])}{ends}")
    elif row["measure"]:
        parts.append(row["measure"])
    if row["p"] is not None:
        parts.append(f"P = {row['p']:.2g}" if row["p"] >= 1e-4 else "P < .0001")
    if row["note"]:
        parts.append(row["note"])
    return "; ".join(parts)


def _number(value: float | None) -> str:
    return "∞" if value is None else f"{value:.3g}".replace("-", "−")


def _row(finding: Finding, judged: Judged) -> dict:
    about = {name: getattr(finding, name) for name in ("id", "text", "source", "rule")}
    return about | _plain(judged) | {"parts": [_plain(part) for part in judged.parts]}


def _plain(judged: Judged) -> dict:
    """A judgement as plain data: what is not a number is null, an unlimited end of an interval too."""
    data = {k: v for k, v in asdict(judged).items() if k != "parts"}
    ends = [_finite(end) for end in data["interval"]]
    known = not any(math.isnan(end) for end in data["interval"])
    return data | {
        "statistic": _finite(data["statistic"]),
        "p": _finite(data["p"]),
        "interval": ends if known else None,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
