"""Products and segments by the rules' wildcards."""

import re

from scripts.lib.errors import InputError
from scripts.lib.instruments.modes import mode_of

__all__ = ["Members", "refuse"]


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
    raise InputError(*message.splitlines())


class Members:
    """
    Products and their segments.

    Parameters
    ----------
    products : list of Product
        Products that the workflow makes.
    stop : callable, optional
        Called with one message where the user asks for an unknown segment; it
        must not return. Without it an InputError is raised.
    """

    def __init__(self, products, stop=refuse):
        self._stop = stop
        self._products = {product.name: product for product in products}
        self._segments = {
            segment.name: (product, segment) for product in products for segment in product.segments
        }
        self._groups, self._positions = {}, {}

    def __len__(self):
        """Return the number of segments."""
        return len(self._segments)

    def product(self, wildcards):
        """Product of the wildcards, or the one to which their segment belongs."""
        if hasattr(wildcards, "segment"):
            return self._member(wildcards.segment)[0]
        return self._products[wildcards.product]

    def segment(self, wildcards):
        """Segment of the wildcards."""
        return self._member(wildcards.segment)[1]

    def segments(self, wildcards):
        """Segments that a job works on: one, or all of a product."""
        if hasattr(wildcards, "segment"):
            return [self.segment(wildcards)]
        return self.product(wildcards).segments

    def comparable(self, wildcards):
        """
        Segments that have a reference in common with that of the wildcards.

        Returns
        -------
        segments : list of Segment
            Those of its product and detector with images of its size, in the
            order of the product.
        """
        product, segment = self._member(wildcards.segment)
        if product.name not in self._groups:
            groups = self._groups[product.name] = {}
            for member in product.segments:
                groups.setdefault((member.detector, member.shape[1:]), []).append(member)
        return self._groups[product.name][segment.detector, segment.shape[1:]]

    def neighbour(self, wildcards, step):
        """
        Segment before or after that of the wildcards in its exposure.

        Parameters
        ----------
        wildcards : Wildcards
            With an attribute ``segment``.
        step : int
            -1 for the one before, 1 for the one after.

        Returns
        -------
        segment : Segment or None
            None if there is none, or if integrations between them are missing.
        """
        segment, segments = self.segment(wildcards), self.comparable(wildcards)
        index = self._position(wildcards.segment, segments) + step
        if not 0 <= index < len(segments):
            return None
        other = segments[index]
        first, second = (segment, other) if step > 0 else (other, segment)
        follows = first.last_integration + 1 == second.first_integration
        return other if follows and first.exposure_id == second.exposure_id else None

    def _position(self, name, segments):
        """Position of a segment in its group; looked up once for all of them."""
        key = id(segments)
        if key not in self._positions:
            self._positions[key] = {member.name: k for k, member in enumerate(segments)}
        return self._positions[key][name]

    def _member(self, name):
        """Product and segment of a name; the patterns accept names of unknown segments as well."""
        if name not in self._segments:
            self._stop(f"{name}: segment: found in no association, expected one of a member")
        return self._segments[name]

    def product_pattern(self, branch=None):
        """Pattern of the products of one branch, or of all products."""
        return _pattern(
            name
            for name, product in self._products.items()
            if branch is None or product.branch == branch
        )

    def group_pattern(self):
        """Pattern of the products whose association the workflow writes."""
        return _pattern(name for name, product in self._products.items() if product.is_group)

    def segment_pattern(self, step=None):
        """Pattern of the segments that a step measures, or of all segments."""
        return _pattern(
            name
            for name, (_, segment) in self._segments.items()
            if step is None or mode_of(segment.exp_type).extraction == step
        )

    def packed_pattern(self):
        """Pattern of the segments that are compressed."""
        return _pattern(
            name for name, (_, segment) in self._segments.items() if segment.is_compressed
        )


def _pattern(names):
    """Regular expression of names; it accepts any number of a segment, so that it stays short."""
    escaped = {re.sub(r"-seg\d+", r"-seg\\d+", re.escape(name)) for name in names}
    return "|".join(sorted(escaped)) or "(?!)"
