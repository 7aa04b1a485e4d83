"""docs/model.md: the words are written there by hand; tables, diagram and rules between its marks come from the code.

reachenv model-page          writes them anew
reachenv model-page --check  says whether the page has drifted from the code, and ends with 1 where it has
"""

from __future__ import annotations

import importlib
import inspect
import io
import itertools
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any

from reachenv import assets
from reachenv.lab.errors import UserError

if TYPE_CHECKING:
    pass

PAGE = assets.repository() / "docs" / "model.md"
_MARK = re.compile(r"(<!-- begin (?P<name>[a-z-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)


def render(page: str, parts: Mapping[str, Callable[[], str]] | None = None) -> str:
    """A page with everything between its marks made anew, by `parts` or those of docs/model.md. UserError for a mark that nothing fills."""
    parts = parts or PARTS

    def fill(found: re.Match) -> str:
        if found["name"] not in parts:
            raise UserError(f"the page asks for {found['name']!r}; there is {', '.join(parts)}.")
        return found[1] + parts[found["name"]]() + "\n" + found[3]

    return _MARK.sub(fill, page)


def populations() -> str:
    """A row for each nucleus of the wiring table."""
    from reachenv.agents.brain.wiring import POPULATION_TABLE

    rows = [(f"`{p.name}`", f"{p.tau_ms:g}", f"{p.bias:g}", p.citation) for p in POPULATION_TABLE]
    return _table(("nucleus", "time constant [ms]", "constant input", "source"), rows)


def projections() -> str:
    """A row for each projection of the circuit, with its gain as the mouse has it, and its delay as it is written and as it acts."""
    from reachenv.agents.brain.circuit import acting_delay_ms
    from reachenv.agents.brain.regions.ganglia import SUBSTEP_MS
    from reachenv.agents.brain.wiring import Projection

    rows = [
        (
            f"`{p.source}` → `{p.target}`",
            f"{p.gain:.3g}",
            f"{p.delay_ms:g}",
            f"{acting_delay_ms(p.delay_ms, SUBSTEP_MS):g}",
            p.scope,
            p.rule or "no",
            p.citation,
        )
        for p in _wires()
        if isinstance(p, Projection)
    ]
    return _table(("projection", "gain", "delay [ms]", "acts as [ms]", "channel", "learns", "source"), rows)


def pathways() -> str:
    """A row for every connection outside the circuit: what it carries, how, how late, by which rule it learns."""
    from reachenv.agents.brain.wiring import Pathway

    rows = [
        (
            f"`{p.source}` → `{p.target}`",
            p.carries,
            p.sign,
            _strength(p),
            f"{p.delay_ms:g}",
            p.channels or "–",
            f"`{p.rule}`" if p.rule else "no",
            p.citation,
        )
        for p in _wires()
        if isinstance(p, Pathway)
    ]
    head = ("pathway", "carries", "sign", "strength", "delay [ms]", "channels", "learns", "source")
    return _table(head, rows)


def diagram() -> str:
    """The whole wiring table as a mermaid flow chart; `LEGEND` says what lines mean."""
    from reachenv.agents.brain.wiring import PARTS, POPULATION_TABLE

    lines = ["```mermaid", "flowchart TD"]
    lines += [
        f'  {part.name}(["{part.label}"])' if part.outside else f'  {part.name}["{part.label}"]' for part in PARTS
    ]
    lines += [f'  {nucleus.name}["{nucleus.label}"]' for nucleus in POPULATION_TABLE]
    edges: dict[tuple[str, str, str], list[str]] = {}
    for one in _wires():
        edges.setdefault((one.source, _line(one), one.target), []).append(_carries(one))
    for (source, line, target), carried in edges.items():
        words = ", ".join(filter(None, carried))
        lines.append(f'  {source} {line}|"{words}"| {target}' if words else f"  {source} {line} {target}")
    return "\n".join([*lines, "```", "", LEGEND])


LEGEND = (
    "Arrows excite or do both, crosses inhibit, dotted lines modulate or reach the opponent channel, double lines learn. "
    "Rounded: outside the brain."
)


def _line(one: Any) -> str:
    """How a connection is drawn."""
    if one.rule:
        return "==>"
    if one.sign == "*":
        return "-.->"
    if _carries(one) == "opponent":
        return "-.->" if one.sign == "+" else "-.-x"
    return "--x" if one.sign == "-" else "-->"


def _strength(one: Any) -> str:
    """The parameter that scales a pathway, and its value."""
    from reachenv.agents.brain.params import LoopParams
    from reachenv.agents.brain.wiring import CAN_LEARN

    if one.strength:
        return f"`{one.strength}` {_number(attrgetter(one.strength)(LoopParams()))}"
    return "each synapse its own" if one.rule or (one.name in CAN_LEARN and one.sign == "+/-") else "–"


def _carries(one: Any) -> str:
    from reachenv.agents.brain.wiring import Pathway

    return one.carries if isinstance(one, Pathway) else one.scope.replace("same", "")


def parameters() -> str:
    """All numbers of the brain, with what the code says of each."""
    from reachenv.agents.brain.params import LoopParams

    whole, parts = LoopParams(), []
    for field in fields(whole):
        value = getattr(whole, field.name)
        if hasattr(value, "__dataclass_fields__"):
            head = f"**{type(value).__name__}.** {_lines(type(value))[0]}"
            parts.append(head + "\n\n" + _parameters(value))
    own = [(f"`{f.name}`", _number(getattr(whole, f.name)), _said_of(LoopParams, f.name)) for f in fields(whole)
           if not hasattr(getattr(whole, f.name), "__dataclass_fields__")]  # fmt: skip
    return "\n\n".join([*parts, "**The whole.**\n\n" + _table(("name", "value", "what it is"), own)])


# Numbers of the brain that stand with the code that uses them: module, name.
CONSTANTS = (
    ("regions.ganglia", "SUBSTEP_MS"),
    ("regions.layer5", "LAYER5_TONE"),
    ("regions.tufts", "LEAST_PLAN"),
    ("regions.decision", "FADE"),
    ("learning.m1", "MEAN_RATE"),
    ("mouse", "NEARNESS"),
    ("effects", "EXCITABILITY"),
    ("cortex", "SILENT"),
    ("variants", "AGED_PLASTICITY"),
)


def constants() -> str:
    """Numbers that are not among the parameters, each with what the code says of it."""
    rows = []
    for module, name in CONSTANTS:
        source = importlib.import_module(f"reachenv.agents.brain.{module}")
        rows.append((f"`{module}.{name}`", _number(getattr(source, name)), _comments_of_module(source)[name]))
    return _table(("name", "value", "what it is"), rows)


def kinds() -> str:
    """Other kinds of brain: presets, and ablations."""
    from reachenv.agents.brain.variants import VARIANTS

    return _table(("brain", "what it is"), [(f"`{name}`", _doc(f)) for name, f in VARIANTS.items()])


def rules() -> str:
    """The rule of every pathway that learns, and the functions that they are made of: names and docstrings."""
    from reachenv.agents.brain.learning import plasticity
    from reachenv.agents.brain.learning.defaults import rules_of
    from reachenv.agents.brain.params import LoopParams

    used: dict[type, list[str]] = {}
    for pathway, rule in rules_of(LoopParams()).items():
        used.setdefault(type(rule), []).append(f"`{pathway}`")
    lines = [f"- **{kind.__name__}** ({', '.join(sites)}). {_doc(kind)}" for kind, sites in used.items()]
    found = [f for _, f in inspect.getmembers(plasticity, inspect.isfunction) if f.__module__ == plasticity.__name__]
    found.sort(key=lambda f: f.__code__.co_firstlineno)
    return "\n".join([*lines, "", *(f"- **{f.__name__}.** {_doc(f)}" for f in found)])


def interventions() -> str:
    """The text forms of all interventions."""
    from reachenv.agents import interventions as source

    lines = _lines(source)
    forms = [line.strip() for line in lines if re.match(r"\s{4}\S", line)]
    first = next(i for i, line in enumerate(lines) if line.startswith("SESSIONS"))
    ends = itertools.takewhile(bool, lines[first:])  # its paragraph
    return "```\n" + "\n".join(forms) + "\n```\n\n" + " ".join(ends)


def courses() -> str:
    """The waveforms that a nucleus can be stimulated with."""
    from reachenv.agents.waveforms import WAVEFORMS

    return _table(("waveform", "what it is"), [(f"`{name}`", _doc(f)) for name, f in WAVEFORMS.items()])


PARTS: dict[str, Callable[[], str]] = {
    "diagram": diagram,
    "pathways": pathways,
    "populations": populations,
    "projections": projections,
    "rules": rules,
    "parameters": parameters,
    "constants": constants,
    "kinds": kinds,
    "interventions": interventions,
    "waveforms": courses,
}


def write(check: bool = False) -> int:
    """Write the page, or with `check` only compare it with what would be written; returns the exit code."""
    page = PAGE.read_text(encoding="utf-8")
    anew = render(page)
    if check:
        print(
            f"{PAGE.name} {'is as the code says' if page == anew else 'has drifted: reachenv model-page writes it anew'}."
        )
        return int(page != anew)
    PAGE.write_text(anew, encoding="utf-8")
    print(PAGE)
    return 0


def _wires() -> tuple[Any, ...]:
    """Every row of the wiring table, with the parameters of the shipped brain."""
    from reachenv.agents.brain.params import LoopParams
    from reachenv.agents.brain.wiring import wiring

    return wiring(LoopParams())


def _lines(thing: Any) -> list[str]:
    return (inspect.getdoc(thing) or "").splitlines()


def _doc(thing: Any) -> str:
    """A docstring on one line."""
    return re.sub(r"\s+", " ", inspect.getdoc(thing) or "")


def _parameters(value: Any) -> str:
    said = _comments(type(value))
    rows = [(f"`{f.name}`", _number(getattr(value, f.name)), said.get(f.name, "")) for f in fields(value)]
    return _table(("name", "value", "what it is"), rows)


def _comments(kind: type) -> dict[str, str]:
    """What the comments beside and above a dataclass's fields say of them."""
    found: dict[str, str] = {}
    above: list[str] = []
    name = ""
    for token in tokenize.generate_tokens(io.StringIO(inspect.getsource(kind)).readline):
        if token.type == tokenize.COMMENT:
            words = token.string.lstrip("# ").strip()
            if token.line.strip().startswith("#"):
                above.append(words)
            elif name:
                found[name] = "; ".join(filter(None, (words, found.get(name, ""))))
        elif token.type == tokenize.NAME and re.match(rf"\s+{token.string}: ", token.line) and token.start[1] == 4:
            name = token.string
            if above:
                found[name], above = " ".join(above), []
    return found


def _comments_of_module(module: ModuleType) -> dict[str, str]:
    """What the comment beside or above each of a module's constants says of it; '' where there is none."""
    found: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.getsource(module).splitlines():
        if line.startswith("# "):
            above.append(line[2:])
        elif constant := re.match(r"([A-Z][A-Z0-9_]+) = [^#]*(?:# (.*))?$", line):
            found[constant[1]] = constant[2] or " ".join(above)
            above = []
        else:
            above = []
    return found


def _said_of(kind: type, name: str) -> str:
    """What a class's docstring says of a field, as 'name: …' up to the end of its paragraph's sentence."""
    found = re.search(rf"^{name}: (.+?)(?=\n[a-z_]+: |\n\n|\Z)", inspect.getdoc(kind) or "", re.MULTILINE | re.DOTALL)
    return re.sub(r"\s+", " ", found[1]) if found else ""


def _number(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_number(v) for v in value)
    return str(value) if isinstance(value, (bool, int, str)) else f"{value:g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
