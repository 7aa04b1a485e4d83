"""`reachenv export`: a run in the formats that laboratories open."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from reachenv.lab.commands.parser import Command, Parser, number
from reachenv.lab.errors import UserError, unknown
from reachenv.lab.records.folder import check_folder, open_run

FORMATS = {
    "nwb": "NWB, one file a session, in DANDI's layout",
    "xarray": "netCDF, one file a mouse, for xarray",
    "parquet": "Parquet, one long table a mouse",
    "mat": "MATLAB, one file a mouse, as the study's own analysis reads",
}


def options(parser: Parser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, such as runs/pilot")
    for name, about in FORMATS.items():
        parser.add_argument(f"--{name}", action="store_true", help=about)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write DIR/FORMAT/... (default: RUN/export)")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    parser.add_argument(
        "--indicator",
        metavar="NAME",
        default="GCaMP6s",
        help="calcium indicator, GCaMP6s or GCaMP6f (default: GCaMP6s)",
    )
    parser.add_argument(
        "--snr", type=number(0, 1e6), metavar="X", help="dF/F at rate 1 over a frame's noise s.d. (default: 10)"
    )
    parser.add_argument(
        "--omissions", action="store_true", help="keep trials without a reach in the .mat (the study leaves them out)"
    )


def run(parsed: argparse.Namespace) -> int:
    """Export; 1 where some sessions could not be read, else 0."""
    formats = [name for name in FORMATS if getattr(parsed, name)]
    if not formats:
        raise UserError(f"name at least one format: {', '.join('--' + name for name in FORMATS)}.")
    from reachenv.lab.export import export
    from reachenv.lab.records.imaging import INDICATORS, ImagingParams
    from reachenv.lab.runner.progress import fraction

    if parsed.indicator not in INDICATORS:
        raise unknown("--indicator", parsed.indicator, INDICATORS)
    params = ImagingParams(INDICATORS[parsed.indicator])
    if parsed.snr is not None:
        params = replace(params, snr=parsed.snr)
    run, began = open_run(parsed.run), time.monotonic()
    out = run.path / "export" if parsed.out is None else parsed.out
    check_folder(out, "--out" if parsed.out is not None else "the folder")
    with fraction(f"exporting {', '.join(formats)}") as progress:
        done = export(run, formats, out, params, parsed.overwrite, parsed.omissions, progress)
    for trouble in done.troubles:
        print(f"reachenv export: left out {trouble}", file=sys.stderr)
    size = sum(path.stat().st_size for path in done.files) / 1e6
    print(f"{len(done.files)} files, {size:.1f} MB, {time.monotonic() - began:.1f} s in {out}")
    if not run.finished():
        print("This run is not finished; only the sessions done so far were exported.", file=sys.stderr)
    return 1 if done.troubles else 0


COMMAND = Command(
    "export",
    "write a run as NWB, netCDF, Parquet or MATLAB files",
    "runs/pilot --nwb --parquet",
    options,
    run,
    interrupted="interrupted; every file that is there is whole.",
)
