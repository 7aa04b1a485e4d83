"""A run with a config.json that has every entry, and edits of it: what a hostile or careless hand could write there."""

import copy
import json

from reachenv import assets
from reachenv.agents.protocol import Description
from reachenv.lab.records import provenance

JUNK = (
    None, True, 0, -1, 0.5, 10**30, 1e308, "", "x", "y" * 5000, "\x00\n\x1b[31m", "\udcff", [], ["x"], [[]], {}, {"x": {"y": [1]}},
    float("nan"), float("inf"), -float("inf"),
)  # fmt: skip


def complete(run, design) -> dict:
    """Give a run made by `small_runs.make_run` all entries that config.json can have; returns them."""
    probes = {name: json.loads(assets.path(f"{name}.json").read_text()) for name in ("babbling", "dynamics")}
    brain = Description("stub", "1", {"gain": 1.0}, {"variant": ""}).to_json() | {"variants": {"aged": "0"}}
    for probe in probes.values():
        probe["brain"] = {name: brain[name] for name in ("name", "version", "digest")}
    run.update(
        command="python train.py --mice 1", workers=2, versions=provenance.versions(), git="0" * 40, machine=provenance.machine(),
        brain=brain, areas={"m1_l23": "rates"}, started="2026-11-21T14:32:00", finished="2026-11-21T14:40:00",
        resumed=["2026-11-21T14:35:00"], analysed=None, film=True, status="finished", **probes,
    )  # fmt: skip
    return json.loads((run.path / "config.json").read_text())


def places(entries, at=()):
    """Where every value of nested lists and objects stands; of a list its first two and its last."""
    if at:
        yield at
    if isinstance(entries, dict):
        for name, value in entries.items():
            yield from places(value, (*at, name))
    elif isinstance(entries, list):
        for k in sorted({0, 1, len(entries) - 1} & set(range(len(entries)))):
            yield from places(entries[k], (*at, k))


def edited(entries, at, value):
    """A copy with another value at a place, or without it where the value is `...`."""
    changed = copy.deepcopy(entries)
    inner = changed
    for step in at[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return changed


def write(run, entries) -> None:
    text = json.dumps(entries).replace(json.dumps(10**30), "9" * 4000)
    (run.path / "config.json").write_text(text, encoding="utf-8", errors="surrogatepass")
