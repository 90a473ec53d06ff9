"""Products and segments by the wildcards of the rules."""

import re

from scripts.lib.errors import InputError
from scripts.lib.instruments.modes import mode_of


def refuse(message):
    """
    Report a user's mistake.

    Parameters
    ----------
    message : str
        What is wrong.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError(message)


class Members:
    """
    Products and their segments.

    Parameters
    ----------
    products : list of Product
        What is to be made.
    stop : callable, optional
        Called with one message where the user asks for a segment that there is
        not; it must not return. Without it an InputError is raised.
    """

    def __init__(self, products, stop=refuse):
        self._stop = stop
        self._products = {product.name: product for product in products}
        self._segments = {
            segment.name: (product, segment) for product in products for segment in product.segments
        }

    def __len__(self):
        """Return the number of segments."""
        return len(self._segments)

    def product(self, wildcards):
        """Product that wildcards stand for or belong to."""
        if hasattr(wildcards, "segment"):
            return self._member(wildcards.segment)[0]
        return self._products[wildcards.product]

    def segment(self, wildcards):
        """Segment that wildcards stand for."""
        return self._member(wildcards.segment)[1]

    def segments(self, wildcards):
        """Segments that a job works on, as a sequence."""
        if hasattr(wildcards, "segment"):
            return [self.segment(wildcards)]
        return self.product(wildcards).segments

    def _member(self, name):
        """Product and segment of a name; the patterns let more names of segments pass."""
        if name not in self._segments:
            self._stop(f"{name}: segment: found in no association, expected one of a member")
        return self._segments[name]

    def product_pattern(self, branch):
        """Pattern of the products of one branch."""
        return _pattern(name for name, one in self._products.items() if one.branch == branch)

    def group_pattern(self):
        """Pattern of the products whose association the workflow writes."""
        return _pattern(name for name, one in self._products.items() if one.is_group)

    def segment_pattern(self, step=None):
        """Pattern of the segments that a step measures, or of all segments."""
        return _pattern(
            name
            for name, (_, segment) in self._segments.items()
            if step is None or mode_of(segment.exp_type).extraction == step
        )

    def packed_pattern(self):
        """Pattern of the segments that are compressed."""
        return _pattern(name for name, (_, one) in self._segments.items() if one.is_compressed)


def _pattern(names):
    """Regular expression of names; it leaves the numbers of segments open to stay short."""
    escaped = {re.sub(r"-seg\d+", r"-seg\\d+", re.escape(name)) for name in names}
    return "|".join(sorted(escaped)) or "(?!)"
