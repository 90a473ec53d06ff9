"""Numbers in the transforms of world coordinates, as their tree has them; standard library only."""

from math import isfinite

from scripts.lib.files import asdf_tree

__all__ = ["wrong_number"]

# Parameters of transforms that are numbers, lists of numbers or arrays. Others may be null or NaN.
_PARAMETERS = frozenset(
    (
        "amplitude",
        "angles",
        "c0",
        "coefficients",
        "factor",
        "matrix",
        "offset",
        "phi",
        "psi",
        "theta",
        "translation",
        "value",
    )
)


def wrong_number(tree):
    """
    Find a parameter of a transform that is no finite number.

    Parameters
    ----------
    tree : yaml.Node
        Root of the tree, or the node of the world coordinates.

    Returns
    -------
    found : str or None
        Name and text of the first such parameter; None if all are numbers.
    """
    for node in asdf_tree.nodes_below(tree):
        if "transform/" not in node.tag or node.id != "mapping":
            continue
        for key, value in node.value:
            if key.value in _PARAMETERS:
                texts = [text for text in _scalars(value) if not _is_number(text)]
                if texts:
                    return f"{key.value}: {texts[0] or 'null'}"
    return None


def _scalars(node):
    """Texts of the values of a number or of nested lists; none of an array, which has its own type."""
    if isinstance(node.value, str):
        return [node.value] if node.id == "scalar" else []
    if node.id != "sequence":
        return []
    return [text for part in node.value for text in _scalars(part)]


def _is_number(text):
    """Whether a text is that of a finite number in YAML."""
    try:
        return isfinite(float(text)) and not text.strip("+-").lower().startswith(("nan", "inf"))
    except ValueError:
        return False
