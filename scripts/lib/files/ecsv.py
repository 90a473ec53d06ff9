"""
Write and read ECSV tables without astropy, whose import takes longer than the work.

Only what the workflow's own tables have: numbers and words, units, descriptions and plain meta.
Format: Taylor et al., Astropy Proposal for Enhancement 6, version 1.0.
"""

import io

import numpy as np

from scripts.lib.files.atomic import write_text

_ROWS_AT_A_TIME = 4096


def write_ecsv(path, columns, units, descriptions, meta):
    """
    Write a table, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to ndarray
        Columns (rows,) of float64, int64, bool or words without blanks.
    units, descriptions : dict of str to str
        Unit and meaning of columns that have one.
    meta : dict
        Plain values by name.
    """
    import yaml

    datatype = [
        {"name": name}
        | ({"unit": units[name]} if units.get(name) else {})
        | {"datatype": _type_name(values.dtype)}
        | ({"description": descriptions[name]} if name in descriptions else {})
        for name, values in columns.items()
    ]
    header = {"datatype": datatype, "meta": meta, "schema": "astropy-2.0"}
    text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000)
    out = io.StringIO()
    out.write("# %ECSV 1.0\n# ---\n")
    out.writelines(f"# {line}\n" for line in text.splitlines())
    out.write(" ".join(columns) + "\n")
    arrays = list(columns.values())
    for first in range(0, len(arrays[0]), _ROWS_AT_A_TIME):
        texts = [_texts(values[first : first + _ROWS_AT_A_TIME]) for values in arrays]
        out.writelines(f"{' '.join(row)}\n" for row in zip(*texts, strict=True))
    write_text(path, out.getvalue())


def _type_name(dtype):
    """Name of a type in the header."""
    return "string" if dtype.kind == "U" else dtype.name


def _texts(values):
    """Texts of some values; an empty word is quoted."""
    if values.dtype.kind == "U":
        return [value or '""' for value in values.tolist()]
    return [str(value) for value in values.tolist()]


def read_ecsv(path):
    """
    Read a table that :func:`write_ecsv` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    columns : dict of str to ndarray
        The columns.
    units : dict of str to str
        Units of columns that have one.
    meta : dict
        The meta.
    """
    import yaml

    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    count = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    header = yaml.safe_load("".join(line[2:] for line in lines[2:count]))
    types = {item["name"]: item["datatype"] for item in header["datatype"]}
    rows = [line.split() for line in lines[count + 1 :] if line.strip()]
    texts = zip(*rows, strict=True) if rows else [()] * len(types)
    columns = {
        name: _parsed(list(values), types[name])
        for name, values in zip(lines[count].split(), texts, strict=True)
    }
    units = {item["name"]: item["unit"] for item in header["datatype"] if "unit" in item}
    return columns, units, header.get("meta") or {}


def _parsed(values, type_name):
    """Column of texts in its type."""
    if type_name == "string":
        return np.array(["" if value == '""' else value for value in values], dtype=np.str_)
    if type_name == "bool":
        return np.array([value == "True" for value in values], dtype=bool)
    return np.array(values, dtype=type_name)
