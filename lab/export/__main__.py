"""reachenv export RUN --nwb|--xarray|--parquet|--mat [--out DIR]"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

from reachenv.lab.commands.ending import command
from reachenv.lab.errors import UserError
from reachenv.lab.export.export import FORMATS, export
from reachenv.lab.records.folder import open_run
from reachenv.lab.records.imaging import INDICATORS, ImagingParams
from reachenv.lab.runner.progress import fraction

ABOUT = {
    "nwb": "NWB, one file a session, in DANDI's layout",
    "xarray": "netCDF, one file a mouse, for xarray",
    "parquet": "Parquet, one long table a mouse",
    "mat": "MATLAB, one file a mouse, as the study's own analysis reads",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; reachenv export --help explains.")


def parser() -> argparse.ArgumentParser:
    out = _Parser(prog="reachenv export", description="Write a run in the formats that laboratories open.")
    out.add_argument("run", type=Path, metavar="RUN", help="a run folder, such as runs/pilot")
    for name, about in ABOUT.items():
        out.add_argument(f"--{name}", action="store_true", help=about)
    out.add_argument("--out", type=Path, metavar="DIR", help="where to write DIR/FORMAT/... (default: RUN/export)")
    out.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    out.add_argument(
        "--indicator", choices=list(INDICATORS), default="GCaMP6s", help="calcium indicator (default GCaMP6s)"
    )
    out.add_argument(
        "--snr", type=float, default=ImagingParams().snr, help="dF/F at rate 1 over a frame's noise s.d. (default 10)"
    )
    out.add_argument(
        "--omissions", action="store_true", help="keep trials without a reach in the .mat (the study leaves them out)"
    )
    return out


def main(words: list[str]) -> int:
    """Export; 1 where some sessions could not be read, else 0."""
    asked = parser().parse_args(words)
    formats = [name for name in FORMATS if getattr(asked, name)]
    if not formats:
        raise UserError(f"name at least one format: {', '.join('--' + name for name in FORMATS)}.")
    run, params = open_run(asked.run), ImagingParams(INDICATORS[asked.indicator], snr=asked.snr)
    out, began = asked.out or run.path / "export", time.monotonic()
    with fraction(f"exporting {', '.join(formats)}") as progress:
        done = export(run, formats, out, params, asked.overwrite, asked.omissions, progress)
    for trouble in done.troubles:
        print(f"reachenv export: left out {trouble}", file=sys.stderr)
    size = sum(path.stat().st_size for path in done.files) / 1e6
    print(f"{len(done.files)} files, {size:.1f} MB, {time.monotonic() - began:.1f} s in {out}")
    if not run.finished():
        print("This run is not finished; only the sessions done so far were exported.", file=sys.stderr)
    return 1 if done.troubles else 0


if __name__ == "__main__":
    with command("reachenv export", interrupted="interrupted; every file that is there is whole."):
        code = main(sys.argv[1:])
    sys.exit(code)
