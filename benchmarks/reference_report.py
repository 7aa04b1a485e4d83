"""The comparison with the old revision as a table."""

from __future__ import annotations

from collections.abc import Mapping

_CLOCKS = {"cpu": "CPU", "wall": "wall", "": ""}


def text(told: Mapping) -> list[str]:
    """Lines of the table, and of those beside it."""
    lines = [
        f"This tree (new) against revision {told['revision']} (old), in turn on this machine; median (least - most) over turns",
        "",
        f"{'quantity':<64}{'by':<6}{'old':>26}{'new':>26}{'new/old, new - old':>26}  target",
        *(_row(row) for row in told["rows"]),
        "",
        *(_threads(row) for row in told["threads"]),
    ]
    return [*lines, "", *_success(told["success"]), "", *_parts(told["cpu_us_per_mouse_step"])]


def verdict(row: Mapping) -> str:
    """The target and whether it is met, '' where there is none."""
    if "target" not in row:
        return ""
    return row["target"] + {True: ": met", False: ": missed", None: ": not measured"}[row["met"]]


def _row(row: Mapping) -> str:
    if row["new"] is None:
        old = new = change = "-"
    else:
        old, new = number_range(row["old"]), number_range(row["new"])
        change = _change(row)
    line = f"{row['quantity']:<64}{_CLOCKS[row['by']]:<6}{old:>26}{new:>26}{change:>26}"
    return f"{line}  {verdict(row)}".rstrip()


def _change(row: Mapping) -> str:
    if "ratio" in row:
        return number_range(row["ratio"])
    change = row["difference"]
    if "low" not in change:
        return f"{change['mean']:+.3f}"
    return f"{change['mean']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"


def _threads(row: Mapping) -> str:
    times = number_range(row["over_one_thread"])
    return f"{_row(row)}  {times} times as many as with one thread (new)"


def _success(told: Mapping) -> list[str]:
    cells = {(cell["aim_mm"], cell["reach_ms"]): cell for cell in told["cells"]}
    aims, times = sorted({aim for aim, _ in cells}), sorted({ms for _, ms in cells})
    lines = [
        f"Success of the scripted reach over {told['seeds']} seeds, old > new; rows: s.d. of the aim; columns: reach time [ms]",
        f"{'':<10}" + "".join(f"{ms:>12}" for ms in times),
    ]
    for aim in aims:
        pairs = [cells.get((aim, ms)) for ms in times]
        shown = (f"{cell['old']:.2f}>{cell['new']:.2f}" if cell else "" for cell in pairs)
        lines.append(f"{f'{aim:g} mm':<10}" + "".join(f"{words:>12}" for words in shown).rstrip())
    if told["old_from_earlier_runs"]:
        lines.append(
            f"  {told['old_from_earlier_runs']} cells of the old revision were kept from earlier runs on this machine."
        )
    return [*lines, "  Interval: 95 %, clustered by seed."]


def _parts(told: Mapping) -> list[str]:
    names = list(dict.fromkeys(name for side in told.values() for turn in side for name in turn))
    lines = [f"{'CPU µs a mouse and step, median over turns':<48}{'old':>10}{'new':>10}"]
    for name in names:
        both = (sorted(turn[name] for turn in side if name in turn) for side in told.values())
        lines.append(f"  {name:<46}" + "".join(f"{_middle(values):>10}" for values in both))
    return lines


def _middle(values: list[float]) -> str:
    if not values:
        return "-"
    half = len(values) // 2
    return f"{values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2:.1f}"


def number_range(spread: Mapping[str, float]) -> str:
    """Median (least - most); the median alone of a single value."""
    shown = [_number(spread[name]) for name in ("median", "min", "max")]
    return shown[0] if spread["min"] == spread["max"] else f"{shown[0]} ({shown[1]} - {shown[2]})"


def _number(value: float) -> str:
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
