"""A star that moves a little from one image to the next."""

from tests.support.imaging_segments import star_planes

POSITIONS = [(14.3, 15.2), (14.4, 15.1), (14.2, 15.3), (14.3, 15.2), (14.5, 15.2)]


def stars(**kwargs):
    return star_planes(POSITIONS, **kwargs)
