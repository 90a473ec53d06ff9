"""
Blend the metadata of several segments into those of one product.

The rules (``multi``, ``min``, ``sum``, ...) and the choice of HDRTAB columns
are those the JWST data model schemas state for every keyword.
"""

import numpy as np

__all__ = ["blend", "header_table", "schema_rules"]


def _common_or_multiple(values):
    """Return the one value all share, or ``MULTIPLE``."""
    return values[0] if all(value == values[0] for value in values) else "MULTIPLE"


def _wheel_tolerance(values):
    """Return the worst of the pupil wheel's two states."""
    outside = "outside calibration tolerance"
    return outside if outside in values else "within commanded tolerance"


_RULES = {
    "multi": _common_or_multiple,
    "mean": lambda values: float(np.mean(values)),
    "sum": lambda values: np.sum(values).item(),
    "min": min,
    "max": max,
    "mintime": min,
    "maxtime": max,
    "mindate": min,
    "maxdate": max,
    "mindatetime": min,
    "maxdatetime": max,
    "wheeltol": _wheel_tolerance,
}


def blend(metadata, rules):
    """
    Blend metadata by the rules of the schema.

    Parameters
    ----------
    metadata : list of dict
        Attributes (dotted names) of each segment.
    rules : dict of str to str
        Rule of each attribute whose rule is not ``first``.

    Returns
    -------
    blended : dict
        Attributes of the product: those of the first segment, replaced where
        a rule applies and any segment has a value.
    """
    blended = dict(metadata[0])
    for attribute, rule in rules.items():
        values = [known[attribute] for known in metadata if known.get(attribute) is not None]
        if values and rule != "first":
            blended[attribute] = _RULES[rule](values)
    return blended


def header_table(metadata, columns):
    """
    Tabulate the metadata of the segments (extension HDRTAB).

    Parameters
    ----------
    metadata : list of dict
        Attributes (dotted names) of each segment.
    columns : dict of str to str
        Column name of each attribute that is tabulated.

    Returns
    -------
    table : recarray
        One row for each segment; attributes that no segment has are left out,
        a value missing in some is NaN.
    """
    arrays = {
        column: np.array(
            [np.nan if known.get(attribute) is None else known[attribute] for known in metadata]
        )
        for attribute, column in columns.items()
        if any(known.get(attribute) is not None for known in metadata)
    }
    dtype = [(column, array.dtype) for column, array in arrays.items()]
    return np.rec.fromarrays(list(arrays.values()), dtype=dtype)


def schema_rules(schema):
    """
    Read blend rules and HDRTAB columns from a data model schema.

    Parameters
    ----------
    schema : dict
        Schema of a stdatamodels model.

    Returns
    -------
    rules : dict of str to str
        Rule of each metadata attribute that has one.
    columns : dict of str to str
        HDRTAB column of each attribute that has one.
    ignored : list of str
        Attributes that are lists; they are not blended.
    """
    from stdatamodels.schema import walk_schema

    rules, columns, ignored = {}, {}, []

    def visit(subschema, path, _combiner, _context, _recurse):
        if len(path) < 2 or path[0] != "meta" or "items" in path or subschema.get("properties"):
            return
        choices = (depth for depth, part in enumerate(path) if part in ("anyOf", "oneOf"))
        choice = next(choices, len(path))
        attribute = ".".join(path[:choice])
        if subschema.get("type") == "array":
            ignored.append(attribute)
            return
        if "blend_rule" in subschema:
            rules[attribute] = subschema["blend_rule"]
        if subschema.get("blend_table"):
            columns[attribute] = subschema.get("fits_keyword", attribute)

    walk_schema(schema, visit, {})
    return rules, columns, ignored
