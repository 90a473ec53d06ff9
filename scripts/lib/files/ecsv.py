"""
Write and read ECSV tables without astropy, whose import takes longer than the work.

Supports what the workflow's own tables contain: numbers and words, units, descriptions and plain
meta. Format: Taylor et al., Astropy Proposal for Enhancement 6, version 1.0.
"""

from collections import OrderedDict

import numpy as np

from scripts.lib.files.atomic import atomic_file, open_part

__all__ = ["read_ecsv", "unit_text", "write_ecsv", "write_quantities"]

_ROWS_AT_A_TIME = 4096
# How astropy spells the usual units.
_UNIT_TEXTS = {
    **{unit: unit for unit in ["Jy", "MJy", "deg", "pix"]},
    "DN/s": "DN / s",
    "MJy/sr": "MJy / sr",
}


def write_ecsv(path, columns, units, descriptions, meta):
    """
    Write a table, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to ndarray
        Columns (rows,) of numbers, bool or words without blanks.
    units, descriptions : dict of str to str
        Unit and meaning of the columns that have one.
    meta : dict
        Plain values by name.

    Raises
    ------
    InputError
        As :func:`~scripts.lib.files.atomic.atomic_file`.
    """
    import yaml

    datatype = _datatype(columns, units, descriptions)
    header = {"datatype": datatype, "meta": meta, "schema": "astropy-2.0"}
    text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000)
    _write(path, text, columns)


def write_quantities(path, columns, units, meta):
    """
    Write a table byte for byte as `astropy.table.QTable` does, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to ndarray
        Columns (rows,) of numbers.
    units : dict of str to (str or None)
        Units of the columns that have one; they are read back as quantities.
    meta : dict
        Plain values by name, kept in this order.

    Raises
    ------
    ValueError
        If astropy does not know a unit.
    InputError
        As :func:`~scripts.lib.files.atomic.atomic_file`.

    Notes
    -----
    astropy takes 0.7 s to import, three times as long to write the rows, and
    3 MB of memory for 1000 of them.
    """
    units = {name: units[name] for name in columns if units.get(name) is not None}
    _write(path, _quantity_header(columns, units, meta), columns)


def unit_text(unit):
    """
    Spell a unit as astropy does.

    Parameters
    ----------
    unit : str
        Unit of a FITS file.

    Returns
    -------
    text : str
        Name in astropy's generic format, such as ``MJy / sr``.

    Raises
    ------
    ValueError
        If astropy does not know it.
    """
    if unit in _UNIT_TEXTS:
        return _UNIT_TEXTS[unit]
    from astropy.units import Unit

    return Unit(unit).to_string()


class _Tagged:
    """A mapping with a YAML tag."""

    def __init__(self, tag, **entries):
        self.tag, self.entries = tag, entries


def _quantity_header(columns, units, meta):
    """YAML header of a table with quantities."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes mappings with tags, and an ordered one as a list of its items."""

    Dumper.add_representer(
        _Tagged, lambda dumper, value: dumper.represent_mapping(value.tag, value.entries)
    )
    Dumper.add_representer(
        OrderedDict,
        lambda dumper, value: dumper.represent_sequence(
            "tag:yaml.org,2002:omap", [{name: entry} for name, entry in value.items()]
        ),
    )
    meta = OrderedDict(meta)
    if units:
        meta["__serialized_columns__"] = _quantity_columns(units)
    texts = {name: unit_text(unit) for name, unit in units.items()}
    header = {"datatype": _datatype(columns, texts, {})} | ({"meta": meta} if meta else {})
    header["schema"] = "astropy-2.0"
    return yaml.dump(header, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=130)


def _quantity_columns(units):
    """
    Entries by which astropy turns columns into quantities.

    Columns share one object for a unit that has a name or no dimension, as astropy's do: YAML then
    writes it once and refers to it.
    """
    columns, shared = {}, {}
    for name, unit in sorted(units.items()):
        text = unit_text(unit)
        tagged = _Tagged("!astropy.units.Unit", unit=text)
        columns[name] = {
            "__class__": "astropy.units.quantity.Quantity",
            "unit": tagged if _is_composed(unit) else shared.setdefault(text, tagged),
            "value": _Tagged("!astropy.table.SerializedColumn", name=name),
        }
    return columns


def _is_composed(unit):
    """Return whether astropy composes a unit of others."""
    return not set(unit).isdisjoint(" 0123456789()/*.^")


def _write(path, header, columns):
    """Write header and rows, some rows at a time."""
    with atomic_file(path) as part, open_part(part, "w", encoding="utf-8") as file:
        file.write("# %ECSV 1.0\n# ---\n")
        file.writelines(f"# {line}\n" for line in header.splitlines())
        file.write(" ".join(columns) + "\n")
        arrays = list(columns.values())
        for first in range(0, len(arrays[0]), _ROWS_AT_A_TIME):
            texts = [_format_values(values[first : first + _ROWS_AT_A_TIME]) for values in arrays]
            file.writelines(f"{' '.join(row)}\n" for row in zip(*texts, strict=True))


def _datatype(columns, units, descriptions):
    """Entry of each column in the header."""
    return [
        {"name": name}
        | ({"unit": units[name]} if units.get(name) else {})
        | {"datatype": _type_name(values.dtype)}
        | ({"description": descriptions[name]} if name in descriptions else {})
        for name, values in columns.items()
    ]


def _type_name(dtype):
    """Name of a type in the header."""
    return "string" if dtype.kind == "U" else dtype.name


def _format_values(values):
    """Texts of values: the shortest that are read back as the same; an empty word is quoted."""
    if values.dtype.kind == "U":
        return [value or '""' for value in values.tolist()]
    # The type, unlike the dtype, is the same in either byte order.
    return list(map(str, values if values.dtype.type is np.float32 else values.tolist()))


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
        Units of the columns that have one.
    meta : dict
        Plain values by name.
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
        name: _parse_column(list(values), types[name])
        for name, values in zip(lines[count].split(), texts, strict=True)
    }
    units = {item["name"]: item["unit"] for item in header["datatype"] if "unit" in item}
    return columns, units, header.get("meta") or {}


def _parse_column(values, type_name):
    """Convert the texts of a column to its type."""
    if type_name == "string":
        return np.array(["" if value == '""' else value for value in values], dtype=np.str_)
    if type_name == "bool":
        return np.array([value == "True" for value in values], dtype=bool)
    return np.array(values, dtype=type_name)
