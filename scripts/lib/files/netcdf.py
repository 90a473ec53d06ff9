"""Write netCDF-4 files (HDF5) as xarray reads them, block by block; needs the package h5netcdf."""

from dataclasses import dataclass, field

import numpy as np

from scripts.lib.files.atomic import atomic_file, open_part

__all__ = ["NetcdfVariable", "write_netcdf"]


@dataclass(frozen=True)
class NetcdfVariable:
    """
    A variable of a file.

    Attributes
    ----------
    dimensions : tuple of str
        Names of its axes; a variable of the name of its only axis is its coordinate.
    values : ndarray or dtype
        The values, or their type if they are written by block.
    attributes : dict
        Attributes.
    """

    dimensions: tuple
    values: object
    attributes: dict = field(default_factory=dict)


def write_netcdf(path, sizes, variables, attributes, blocks=()):
    """
    Write a file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    sizes : dict of str to int
        Length of each dimension.
    variables : dict of str to NetcdfVariable
        The variables. Those of bool are stored as xarray does, which reads them as bool.
    attributes : dict
        Attributes of the file; bool is stored as HDF5's, which netCDF's own libraries cannot read.
    blocks : iterable of (str, tuple of slice, ndarray), optional
        Name of a variable, where its values go, and these, float or bool.

    Raises
    ------
    InputError
        As :func:`~scripts.lib.files.atomic.atomic_file`.
    """
    from h5netcdf import File

    with (
        atomic_file(path) as part,
        open_part(part, "w+b") as stream,
        File(stream, "w", invalid_netcdf=True) as file,
    ):
        file.dimensions = sizes
        for name, variable in variables.items():
            _create(file, name, variable)
        for key, value in attributes.items():
            file.attrs[key] = np.bool_(value) if isinstance(value, bool) else value
        for name, where, values in blocks:
            file.variables[name][where] = _stored(values)


def _create(file, name, variable):
    """Add a variable with its attributes, and its values if these are known."""
    whole = isinstance(variable.values, np.ndarray)
    dtype = variable.values.dtype if whole else np.dtype(variable.values)
    is_bool = dtype.kind == "b"
    created = file.create_variable(
        name,
        variable.dimensions,
        np.int8 if is_bool else dtype,
        data=_stored(variable.values) if whole else None,
    )
    for key, value in variable.attributes.items():
        created.attrs[key] = value
    if is_bool:
        created.attrs["dtype"] = "bool"


def _stored(values):
    """Values in the type in which they are stored."""
    return values.astype(np.int8) if values.dtype == bool else values
