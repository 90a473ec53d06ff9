"""Values of numpy as JSON and YAML write them."""

import math

import numpy as np

__all__ = ["plain_value"]


def plain_value(value):
    """
    Convert a value, and what is in it, to what JSON and YAML can hold.

    Parameters
    ----------
    value : object
        Mapping, sequence, array, number, text or None.

    Returns
    -------
    plain : dict, list, bool, int, float, str or None
        Keys as text, arrays as lists, NaN and infinity as None, numbers below
        10000 with six digits.

    Examples
    --------
    >>> plain_value({1: np.array([1.0, np.nan]), "depth": 0.123456789})
    {'1': [1.0, None], 'depth': 0.123457}
    """
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain_value(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if abs(value) > 1e4 else float(f"{value:.6g}")
    return value
