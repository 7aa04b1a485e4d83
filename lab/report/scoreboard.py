"""Every published finding and what the published runs say of it: the table at the head of docs/results/README.md.

reachenv scoreboard          prints the table and writes it into the page, and its sum into the project's README
reachenv scoreboard --check  says whether a page has drifted from the runs, and ends with 1 where one has
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reachenv import assets
from reachenv.lab.errors import UserError
from reachenv.lab.findings import FINDINGS
from reachenv.lab.findings.verdict import FAILED, REPRODUCED, UNDECIDED
from reachenv.lab.records.provenance import is_shipped
from reachenv.lab.report.model_page import render

ROOT = assets.repository()
RESULTS = ROOT / "docs" / "results"
EARLIER = "*"


@dataclass(frozen=True)
class Page:
    """One published run. rows: its judged findings, by id. earlier: it was made with another brain, or other parameters, than now."""

    name: str
    rows: dict[str, dict]
    earlier: bool


def read_pages(folder: Path = RESULTS) -> list[Page]:
    """All published runs under `folder`, those of today's parameters first. UserError where one cannot be read."""
    pages = []
    for path in sorted(folder.glob("**/findings.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))["findings"]
            shipped = is_shipped(json.loads((path.parent / "config.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise UserError(
                f"{path.parent} is no published run ({error!r}); publish it again with --overwrite."
            ) from None
        rows = {row["id"]: row for row in told if row["verdict"] != UNDECIDED}
        name = path.parent.relative_to(folder).as_posix()
        pages.append(Page(name, rows, not shipped))
    return sorted(pages, key=lambda page: page.earlier)


def table(pages: Sequence[Page]) -> str:
    """One row a finding: which runs reproduced it, and which did not. A run of earlier parameters carries a star."""
    lines = ["| id | finding | reproduced in | not reproduced in |", "| --- | --- | --- | --- |"]
    for finding in FINDINGS:
        those = _one_alone(pages, finding.id) if finding.probed else pages
        cells = [_runs(those, finding.id, verdict) for verdict in (REPRODUCED, FAILED)]
        if finding.probed:
            cells = [f"a probe of the model, cited by all runs: {cell}" if cell else "" for cell in cells]
        if not any(cells):
            cells[0] = "not judged yet"
        lines.append("| " + " | ".join((finding.id, finding.text, *cells)) + " |")
    return "\n".join([*lines, "", _sum(pages)])


def _one_alone(pages: Sequence[Page], id: str) -> list[Page]:
    """The first page that judged a finding, for all: where runs cite one and the same probe, seven runs are no seven results."""
    return [page for page in pages if id in page.rows][:1]


def _runs(pages: Sequence[Page], id: str, verdict: str) -> str:
    those = [page for page in pages if page.rows.get(id, {}).get("verdict") == verdict]
    return ", ".join(f"[{page.name}]({page.name}/README.md){EARLIER * page.earlier}" for page in those)


def _sum(pages: Sequence[Page]) -> str:
    now = [page for page in pages if not page.earlier]
    said = {f.id: {page.rows[f.id]["verdict"] for page in now if f.id in page.rows} for f in FINDINGS}
    failed = [f"{f.id} ({f.text})" for f in FINDINGS if FAILED in said[f.id]]
    whole = sum(verdicts == {REPRODUCED} for verdicts in said.values())
    unjudged = [id for id, verdicts in said.items() if not verdicts]
    return (
        f"By runs of today's parameters: {whole} of {len(FINDINGS)} findings reproduced wherever they were judged; "
        f"not reproduced somewhere: {', '.join(failed) or 'none'}; not judged: {', '.join(unjudged) or 'none'}. "
        f"{EARLIER} a run of earlier parameters, which counts for nothing here."
    )


def write(check: bool = False, folder: Path = RESULTS, readme: Path = ROOT / "README.md") -> int:
    """Write the table and its sum, or with `check` only compare them with the pages; returns the exit code."""
    runs = read_pages(folder)
    made = table(runs)
    parts = {"scoreboard": lambda: made, "verdicts": lambda: _sum(runs)}
    pages = {page: page.read_text(encoding="utf-8") for page in (folder / "README.md", readme)}
    new = {page: render(text, parts) for page, text in pages.items()}
    if check:
        drifted = [
            page.name if page == readme else f"{folder.name}/{page.name}" for page in pages if new[page] != pages[page]
        ]
        print(
            f"{' and '.join(drifted)} drifted: reachenv scoreboard writes anew."
            if drifted
            else "The pages are up to date."
        )
        return int(bool(drifted))
    print(made)
    for page, text in new.items():
        page.write_text(text, encoding="utf-8")
    return 0
