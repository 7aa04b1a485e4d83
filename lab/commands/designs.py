"""`reachenv designs [NAME]`: the experiments by name, and what is done to whom in one of them."""

from __future__ import annotations

import argparse
import textwrap

from reachenv.lab.commands.parser import WIDTH, Command, Parser
from reachenv.lab.design.catalogue import DESIGNS, Named
from reachenv.lab.design.group import Group
from reachenv.lab.design.wording import group_words
from reachenv.lab.errors import unknown


def options(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="explain this design (default: list all)")


def run(parsed: argparse.Namespace) -> None:
    if parsed.name is None:
        print("\n\n".join(in_short(name, design) for name, design in DESIGNS.items()))
        print("\nreachenv designs NAME says what is done to each group; reachenv train --design NAME runs it.")
    elif parsed.name in DESIGNS:
        print(in_full(parsed.name, DESIGNS[parsed.name]))
    else:
        raise unknown("the design", parsed.name, DESIGNS)


def in_short(name: str, design: Named) -> str:
    """What it asks, its groups, sizes, paper and time."""
    others = [g.name for g in _groups(design) if g.name not in design.default_groups]
    groups = "groups: " + ", ".join(design.default_groups)
    rows = [
        design.question,
        f"{design.about}.",
        groups + (f"; on request: {', '.join(others)}" if others else ""),
        _sizes(design),
    ]
    rows[3] += f"; {_paper(design)}"
    return _wrapped(rows, f"{name:<16}")


def in_full(name: str, design: Named) -> str:
    """The same, with what is done to each group at the usual sizes."""
    groups = _groups(design)
    width = max(len(g.name) for g in groups)
    least = f"at least {design.fewest_sessions} sessions" if design.fewest_sessions > 1 else ""
    if design.fewest_trials > 1:
        least += f"{' and ' if least else 'at least '}{design.fewest_trials} trials"
    rows = [
        design.question,
        f"{design.about}.",
        f"{_sizes(design)}{f' ({least})' if least else ''}.",
        f"The {_paper(design)}.",
    ]
    if len(design.timings) == 1:
        rows += [f"Made for the timing {design.timings[0]} alone."]
    lines = [_wrapped(rows, f"{name:<16}"), "", "Groups (those with * run unless --groups names others):"]
    for group in groups:
        mark = "*" if group.name in design.default_groups else " "
        lines += [_wrapped([_done(group, design.sessions)], f"  {mark} {group.name:<{width}}  ")]
    if design.training:
        lines += ["", _wrapped([f"With --from RUN, the {design.training} sessions of training are left out."], "")]
    return "\n".join([*lines, "", "example:", f"  reachenv train --design {name} --groups {','.join(_some(design))}"])


def _groups(design: Named) -> tuple[Group, ...]:
    return design.groups(design.sessions, max(design.trials, design.fewest_trials))


def _some(design: Named) -> tuple[str, ...]:
    return design.default_groups[:2]


def _sizes(design: Named) -> str:
    mice = f"{design.mice} mice a group" if design.mice > 1 else "1 mouse a group"
    sessions = f"{design.sessions} sessions" if design.sessions > 1 else "1 session"
    return f"{mice}, {sessions} of {design.trials} trials; about {design.minutes} min on two cores"


def _paper(design: Named) -> str:
    return f"protocol of {design.paper}" if design.paper else "protocol is our own"


def _done(group: Group, sessions: int) -> str:
    """What is done to a group of mice, in words."""
    words = [f"variant {group.variant} of the brain" if group.variant else "", group_words(group, sessions)]
    return "; ".join(w for w in words if w) or "no intervention"


def _wrapped(rows: list[str], head: str) -> str:
    """Rows beside a head, wrapped."""
    space = " " * len(head)
    lines = [line for row in rows for line in textwrap.wrap(row, WIDTH - len(head), break_on_hyphens=False) or [""]]
    return "\n".join((head if i == 0 else space) + line for i, line in enumerate(lines))


COMMAND = Command(
    "designs", "list the designs (experiments by name), or explain one", "acquisition", options, run, needs=""
)
