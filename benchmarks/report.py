"""The table that is printed, and what is said of the machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata

from benchmarks import reference_report
from benchmarks.many import SESSION_TRIALS, SESSIONS

LEARNED_AT_LEAST, LEARNED_ON = 4000, 2  # steps a second of PPO, and cores, by whatever runs share them


def machine() -> dict:
    """Processor, cores that we may use, and versions."""
    model = ""
    try:
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ("reachenv", "mujoco", "numpy", "gymnasium", "torch")
    return {
        "processor": model or platform.processor(),
        "cores": cores,
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in packages},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def text(result: dict) -> str:
    """Everything in `result`, for a terminal."""
    about = result["machine"]
    versions = ", ".join(f"{name} {v}" for name, v in about["versions"].items() if v)
    lines = [
        f"{about['processor']}, {about['cores']} cores, load {about['load_before']:.1f} before; Python {about['python']}, {versions}",
        f"{result['rounds']} rounds in which rivals take turns, after {result['warmup']}; median (least - most)",
    ]
    if "worlds" in result:
        lines += ["", *_worlds(result)]
    if "cohort" in result:
        lines += ["", *_cohort(result["cohort"])]
    if "learning" in result:
        lines += ["", *_learning(result["learning"])]
    if "ratios" in result:
        lines += ["", *_ratios(result["ratios"])]
    if "reference" in result:
        lines += ["", *reference_report.text(result["reference"])]
    return "\n".join(lines)


def _worlds(result: dict) -> list[str]:
    lines = [
        f"{'environment':<48}{'worlds':>7}{'threads':>8}{'steps a second':>28}{'CPU µs':>8}{'of raw':>22}{'by CPU':>8}"
    ]
    for row in result["worlds"]:
        speed, share = row["steps_per_s"], row.get("of_raw_wall")
        name = row["name"] if row["kind"] == "peer" else f"{row['kind']}, {row['name']}"
        line = f"{name:<48}{row['worlds']:>7}{row['threads']:>8}{_range(speed, ',.0f'):>28}"
        line += f"{row['cpu_us_per_step']['median']:>8.1f}"
        if share:
            line += f"{_range(share, '.2f'):>22}{row['of_raw_cpu']['median']:>8.2f}"
        lines.append(line)
    lines += [f"{name}: does not run here: {why}" for name, why in result["missing"].items()]
    return lines


def _cohort(told: dict) -> list[str]:
    lines = [
        f"{told['mice']} mice in {told['workers']} processes, {told['sessions']} sessions of {told['trials']} trials, "
        "over raw physics of the same steps:"
    ]
    for clock, name in (("wall", "wall time"), ("cpu", "CPU time")):
        trial, whole = told["ratio"][clock], told["ratio_with_files"][clock]
        lines.append(
            f"  {name}: {_range(trial, '.2f')} times; with start, end and files of a session of 55 trials {_range(whole, '.2f')}"
        )
    lines.append("  CPU µs a mouse and step:")
    lines += [f"    {name:<36}{spent:>8.1f}" for name, spent in told["cpu_us_per_mouse_step"].items()]
    return [*lines, "", *_sizes(told), "", *_many(told["many"])]


def _sizes(told: dict) -> list[str]:
    """Linear in mice: costs relative to the usual cohort are 1. In trials: later over earlier is 1. Flat: nothing grows."""
    usual, over = f"relative_to_{told['mice']}", f"over that of {told['mice']}"
    lines = [
        f"{'mice':>4}{'core ms a mouse and trial':>28}{over:>17}{'by CPU':>8}{'later trials':>14}"
        f"{'MB a process, most':>20}{'growth':>8}{'of most':>9}"
    ]
    for row in told["sizes"]:
        memory, relative = row["memory"], row[usual]
        lines.append(
            f"{row['mice']:>4}{_range(row['core_ms_per_mouse_trial']['wall'], '.0f'):>28}"
            f"{relative['wall']:>17.2f}{relative['cpu']:>8.2f}{_number(row['later_over_earlier']['cpu'], '.2f'):>14}"
            f"{memory['peak_mb'][-1]:>20.0f}{_number(memory['rss_growth_mb'], '+.1f'):>8}{_number(memory['peak_growth_mb'], '+.1f'):>9}"
        )
    return [
        *lines,
        "  later trials: CPU time over raw physics, of the later half of trials over the earlier half;",
        f"  growth: memory from the end of session 2 to the end of session {told['sessions']}, and of the most it was so far",
    ]


def _learning(rows: list[dict]) -> list[str]:
    lines = [f"{'PPO on spinal control':<32}{'threads of each':>16}{'steps learned a second':>30}"]
    for row in rows:
        beside = "one run" if row["runs"] == 1 else f"{row['runs']} runs beside each other"
        lines.append(f"{beside:<32}{row['threads']:>16}{_range(row['steps_per_s'], ',.0f'):>30}")
    lines.append("  of all runs together, rollouts and updates, no tests")
    if rows[0]["runs"] * rows[0]["threads"] == LEARNED_ON:
        met = "met" if max(row["steps_per_s"]["median"] for row in rows) >= LEARNED_AT_LEAST else "missed"
        lines[-1] += f"; at least {LEARNED_AT_LEAST:,} on {LEARNED_ON} threads: {met}"
    return lines


def _many(many: dict) -> list[str]:
    return [
        f"{many['mice']:,} mice of {SESSIONS} sessions of {SESSION_TRIALS} trials would cost "
        f"{many['core_hours']:,.0f} hours of one such core and {many['gigabytes']:,.0f} GB on disk;",
        f"  bottleneck: {many['bottleneck']}, {many['bottleneck_share']:.0%} of the time. With Ray the main process "
        f"writes for {many['main_writes_ms_per_mouse_session']:.0f} ms a mouse",
        f"  and session, {many['main_writes_hours']:.1f} hours in all, and keeps up with "
        f"{many['main_keeps_up_with_cores']:,.0f} cores; what Ray takes to bring files to it is not counted.",
    ]


def _ratios(rows: list[dict]) -> list[str]:
    lines = [f"{'ours':<32}{'over':<36}{'n':>4}{'threads':>8}{'times':>22}  target"]
    for row in rows:
        times = _range(row["ratio"], ".2f") if row["ratio"] else "not measured"
        met = {True: ": met", False: ": missed", None: ""}[row.get("met")]
        lines.append(
            f"{row['ours']:<32}{row['over']:<36}{row['n']:>4}{row['threads']:>8}{times:>22}  {row.get('target', '')}{met}".rstrip()
        )
    return [*lines, "  steps a second; of the run of mice, wall time. n: worlds or mice; threads or processes"]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def _range(spread: dict[str, float], form: str) -> str:
    return f"{spread['median']:{form}} ({spread['min']:{form}} - {spread['max']:{form}})"
