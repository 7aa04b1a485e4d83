"""A finished run in the formats that laboratories open:  reachenv export RUN --nwb --xarray --parquet --mat

| format | files | opened with |
|---|---|---|
| nwb | one a session, in DANDI's layout | pynwb, pynapple, MatNWB |
| xarray | one netCDF a mouse | xarray, or anything that reads netCDF 4 or HDF5 |
| parquet | one long table a mouse, and the trial table | pandas, polars, R, DuckDB |
| mat | one a mouse, as the study's own analysis reads | MATLAB, scipy.io |

Exporting reads the run's files alone and changes none of them. docs/data-formats.md tells what is in each.
"""

from reachenv.lab.export.export import FORMATS, Done, export

__all__ = ["FORMATS", "Done", "export"]
