"""Which room uses which, drawn from the code, and held to one direction:

    python -m tools.import_graph            writes docs/images/architecture.svg and the table in docs/architecture.md
    python -m tools.import_graph --check    says whether the page has drifted, and writes nothing

A room is a folder of agents or lab with all that is in it, or the world in reachenv,
whose folders are one room; imports within functions count, and so do modules that are
named in strings. Both commands list circles, and arrows that run up, by file and line, and end with 1 if there are any. What a
package's `__init__` tells type checkers alone does not count: it lists the names of rooms above it.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
BEGIN, END = "<!-- rooms: written by `python -m tools.import_graph` -->", "<!-- rooms end -->"

SHARED = "reachenv: shared"
"""The modules of the world's folder that every room may use: they import nothing of this project but each other."""
SHARED_MODULES = ("reachenv.assets", "reachenv.gl", "reachenv.lazy", "reachenv.schema")
SHARED_ABOUT = (
    "Names, numbers and places that all rooms share: events, outcomes, the control step, where data files are."
)

LAYERS = (
    ("lab/commands",),
    ("lab/baselines",),
    ("lab/report", "lab/probes"),
    ("lab/figures", "lab/film", "lab/export"),
    ("lab/findings",),
    ("lab/analysis", "lab/runner"),
    ("lab/records",),
    ("lab/design",),
    ("lab", "agents/rl"),
    ("agents/brain",),
    ("agents",),
    ("reachenv",),
    (SHARED,),
)
"""From top to bottom. A room may use those in the layers below its own, and no others."""

Arrows = Mapping[tuple[str, str], Sequence["Import"]]


@dataclass(frozen=True, order=True)
class Import:
    """One module that uses another, and the line where it first does."""

    file: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} → {self.target}"


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module of the three packages by its name, such as reachenv.lab.design.group."""
    found = {}
    for top in ("reachenv", "agents", "lab"):
        for path in sorted((root / top).glob("**/*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            linked = parts[:2] in (("reachenv", "agents"), ("reachenv", "lab"))  # folders of their own, at the top
            if linked or path.name == "__main__.py":  # a program, as train.py is: in no room
                continue
            name = ".".join(parts if top == "reachenv" else ("reachenv", *parts))
            found[name.removesuffix(".__init__")] = path
    return found


def room(module: str, path: Path, root: Path = ROOT) -> str:
    """The room that a module is in: its folder, two deep at most; all of the world is one."""
    if module in SHARED_MODULES:
        return SHARED
    folders = path.relative_to(root).parent.parts
    return "/".join(folders[: 1 if folders[0] == "reachenv" else 2])


def targets(path: Path, known: Mapping[str, Path]) -> Iterator[tuple[str, int]]:
    """Every known module that a file imports, or names in a string, and the line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name == "__init__.py":
        tree.body = [node for node in tree.body if not _for_type_checkers(node)]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else node.module for name in whole]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            names = [node.value]
        yield from ((name, getattr(node, "lineno", 0)) for name in names if name in known)


def _for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def arrows(root: Path = ROOT) -> dict[tuple[str, str], list[Import]]:
    """(room, room that it uses) → the imports between them, one for each pair of modules."""
    known = modules(root)
    first: dict[tuple[str, str], int] = {}
    for module, path in known.items():
        for target, line in targets(path, known):
            first[module, target] = min(line, first.get((module, target), line))
    found = defaultdict(list)
    for (module, target), line in first.items():
        here, there = room(module, known[module], root), room(target, known[target], root)
        if here != there:
            file, used = (str(known[name].relative_to(root)) for name in (module, target))
            found[here, there].append(Import(file, line, used))
    return {key: sorted(found[key]) for key in sorted(found)}


def runs_down(here: str, there: str) -> bool:
    """Whether `there` is in a layer below that of `here`."""
    level = {name: depth for depth, names in enumerate(LAYERS) for name in names}
    return level.get(here, len(LAYERS)) < level.get(there, -1)


def problems(found: Arrows) -> list[str]:
    """A sentence on each import that does not run down, and on each circle; empty where all is well."""
    known = {name for names in LAYERS for name in names}
    told = [f"{name} is in no layer" for name in sorted({room for pair in found for room in pair} - known)]
    for (here, there), imports in found.items():
        if {here, there} <= known and not runs_down(here, there):
            told += [f"{here} must not use {there}: {one}" for one in imports]
    return told + [f"a circle: {' → '.join((*circle, circle[0]))}" for circle in circles(found)]


def circles(found: Arrows) -> list[tuple[str, ...]]:
    """The shortest circle through each pair of rooms that use one another, directly or by way of others."""
    uses = defaultdict(set)
    for here, there in found:
        uses[here].add(there)
    seen: dict[frozenset[str], tuple[str, ...]] = {}
    for here, there in found:
        back = _way(uses, there, here)
        if back:
            seen.setdefault(frozenset(back), back)
    return list(seen.values())


def _way(uses: Mapping[str, set[str]], start: str, end: str) -> tuple[str, ...]:
    """The shortest way along arrows, both ends included; () where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    known = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for there in sorted(uses.get(way[-1], set()) - known):
            known.add(there)
            ways.append((*way, there))
    return ()


def needed(found: Arrows) -> list[tuple[str, str]]:
    """The arrows that no way over other rooms replaces: with them alone one sees what rests on what."""
    uses = defaultdict(set)
    for here, there in found:
        uses[here].add(there)
    return [(here, there) for here, there in found
            if not any(_way(uses, other, there) for other in uses[here] - {there})]  # fmt: skip


def about(name: str, root: Path = ROOT) -> str:
    """What a room is for: the first line of its `__init__`."""
    if name == SHARED:
        return SHARED_ABOUT
    doc = ast.get_docstring(ast.parse((root / name / "__init__.py").read_text(encoding="utf-8"))) or ""
    return doc.splitlines()[0].split(":  ")[0].rstrip(".:") + "." if doc else ""


def table(found: Arrows) -> str:
    """The rooms from top to bottom, one line each: what it is for, how many modules it has, which rooms it uses how often."""
    known = modules()
    sizes: dict[str, int] = defaultdict(int)
    for module, path in known.items():
        sizes[room(module, path)] += path.name != "__init__.py"
    rows = ["| room | what it is for | modules | uses |", "| --- | --- | --- | --- |"]
    for name in (name for layer in LAYERS for name in layer):
        used = [
            f"{there} {len(found[name, there])}" for there in (n for la in LAYERS for n in la) if (name, there) in found
        ]
        rows.append(f"| {name} | {about(name)} | {sizes[name]} | {', '.join(used) or '–'} |")
    return "\n".join(rows)


def page(text: str, found: Arrows) -> str:
    """The page with its table written anew. ValueError where its marks are missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} must have the lines {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{table(found)}\n\n{END}{tail}"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.import_graph", description="Draw the import graph by folder."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the page is not as the code is")
    options = parser.parse_args(words)
    found = arrows()
    wrong = problems(found)
    for sentence in wrong:
        print(sentence)
    now = PAGE.read_text(encoding="utf-8")
    anew = page(now, found)
    if options.check:
        if now != anew:
            print(f"{PAGE.name} has drifted: python -m tools.import_graph writes it anew.")
        return int(bool(wrong) or now != anew)
    from tools.import_picture import draw

    down = {pair: imports for pair, imports in found.items() if runs_down(*pair)}
    draw(found, needed(down), LAYERS, PICTURE)
    PAGE.write_text(anew, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}: {len(found)} arrows between {len(LAYERS)} layers.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
