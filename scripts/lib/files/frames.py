"""Write tables with pandas, whose import takes half a second: only steps that work on tables of many visits use it."""

from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.files.atomic import atomic_file, open_part

__all__ = ["frame_columns", "write_frame"]


def frame_columns(frame):
    """
    Columns of a frame as arrays.

    Parameters
    ----------
    frame : pandas.DataFrame
        Numbers and words.

    Returns
    -------
    columns : dict of str to ndarray
        Columns (rows,) as :func:`~scripts.lib.files.ecsv.write_ecsv` takes them, in the same order.
    """
    numbers = frame.select_dtypes("number").columns
    return {
        name: frame[name].to_numpy(dtype=None if name in numbers else "U") for name in frame.columns
    }


def write_frame(path, columns, units):
    """
    Write a table in the format that the end of its name says, whole or not at all.

    Parameters
    ----------
    path : str or Path
        File that ends with ``.csv`` or ``.parquet``.
    columns : dict of str to ndarray
        Columns (rows,) of numbers or words. Missing numbers are NaN, an empty field of CSV.
    units : dict of str to str
        Unit of the columns that have one: ``attrs["units"]`` of the frame that pandas reads from
        Parquet. CSV has no place for them.

    Raises
    ------
    InputError
        If Parquet is asked for and the package pyarrow is missing; as
        :func:`~scripts.lib.files.atomic.atomic_file`.
    """
    import pandas as pd

    path, frame = Path(path), pd.DataFrame(columns)
    with atomic_file(path) as part, open_part(part, "wb") as file:
        if path.suffix == ".csv":
            file.write(frame.to_csv(index=False, lineterminator="\n").encode())
            return
        frame.attrs["units"] = units
        try:
            frame.to_parquet(file, engine="pyarrow", index=False)
        except ImportError as error:
            msg = f"{path}: package: found no pyarrow, expected one: pip install pyarrow"
            raise InputError(msg) from error
