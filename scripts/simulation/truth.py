"""Truth of a simulated visit, gathered while its segments are made."""

import json
from dataclasses import asdict, dataclass, field

import numpy as np

from scripts.simulation.pointing import IMAGE_MOTION_COLUMNS
from scripts.simulation.trouble_motion import MOTION_COLUMNS

__all__ = ["DetectorTruth", "write_truth"]

_HIT_COLUMNS = ("integration_number", "row", "column", "electrons")
_LOST_COLUMNS = ("integration_number", "row", "column")


@dataclass
class DetectorTruth:
    """
    Truth of one detector.

    Attributes
    ----------
    vectors : dict of ndarray
        Quantities along the dispersion axis or per pixel: wavelength (micron), trace, width
        (pixels), flux (unit of the product's FLUX, whole star, out of transit), radius_ratio, dq;
        in nis_soss the columns of all orders one after the other, with flux in DN/s; in imaging
        wavelength, flux and radius_ratio have one element, and trace and width give
        way to position (0-based column and row) and psf (share of the light in every pixel).
    mid_times, white_light, response : list of ndarray
        Per segment: mid times (MJD UTC), the star's summed flux before, and the response of, the
        detector.
    cosmic_rays, lost_pixels : list of ndarray
        Per integration: rows of `_HIT_COLUMNS` and `_LOST_COLUMNS`.
    hit_sigmas : list of ndarray
        Per integration, with trouble only: electrons of the hits over the noise of their pixels.
    star_levels, ideal_levels : list of ndarray
        Per integration, with trouble only: level of the star in every element of the scene, which
        is 1 out of transit, and that of the ideal extraction of the same noise.
    """

    vectors: dict[str, np.ndarray]
    mid_times: list[np.ndarray] = field(default_factory=list)
    white_light: list[np.ndarray] = field(default_factory=list)
    response: list[np.ndarray] = field(default_factory=list)
    cosmic_rays: list[np.ndarray] = field(default_factory=list)
    lost_pixels: list[np.ndarray] = field(default_factory=list)
    hit_sigmas: list[np.ndarray] = field(default_factory=list)
    star_levels: list[np.ndarray] = field(default_factory=list)
    ideal_levels: list[np.ndarray] = field(default_factory=list)

    def note(self, kind, integration_number, rows):
        """
        Add positions found in one integration to `cosmic_rays` or `lost_pixels`.

        Parameters
        ----------
        kind : {"cosmic_rays", "lost_pixels"}
            List to add to.
        integration_number : int
            1-based.
        rows : ndarray, shape (positions, columns)
            Row and column, followed by the electrons of a hit.
        """
        numbers = np.full((len(rows), 1), float(integration_number))
        getattr(self, kind).append(np.hstack([numbers, rows]))

    def note_levels(self, star, ideal):
        """
        Add the levels of the star in one integration.

        Parameters
        ----------
        star, ideal : ndarray, shape (elements,)
            True ones, and those of the ideal extraction.
        """
        self.star_levels.append(star)
        self.ideal_levels.append(ideal)

    def arrays(self):
        """Everything as arrays."""
        of_trouble = {}
        if self.star_levels:
            of_trouble = {
                "hit_sigmas": np.concatenate(self.hit_sigmas),
                "star_level": np.stack(self.star_levels),
                "ideal": np.stack(self.ideal_levels),
            }
        return {
            **self.vectors,
            "mid_time_mjd_utc": np.concatenate(self.mid_times),
            "white_light": np.concatenate(self.white_light),
            "response": np.concatenate(self.response),
            "cosmic_rays": np.concatenate(self.cosmic_rays),
            "lost_pixels": np.concatenate(self.lost_pixels).astype(int),
            **of_trouble,
        }


def write_truth(folder, options, offsets, members, detectors):
    """
    Write ``truth.json`` (options, files, columns) and ``truth.npz`` (arrays).

    Parameters
    ----------
    folder : Path
        Where to write.
    options : VisitOptions
        The visit.
    offsets : ndarray, shape (integrations,) or (integrations, 3)
        Displacement of the star, pixels: across the dispersion, or in imaging in x and y, followed
        by the state of the telescope or the number of the real frame; with trouble as of
        `scripts.simulation.trouble_motion.star_motion`.
    members : dict of list of str
        File names by detector.
    detectors : dict of DetectorTruth
        Truth by detector; its arrays are stored as ``<detector>_<name>``.
    """
    arrays = {"offsets": offsets}
    for detector, truth in detectors.items():
        arrays.update({f"{detector}_{name}": array for name, array in truth.arrays().items()})
    np.savez(folder / "truth.npz", **arrays)
    columns = {"cosmic_rays": _HIT_COLUMNS, "lost_pixels": _LOST_COLUMNS}
    written = asdict(options)
    if options.trouble is None:
        del written["trouble"]
    else:
        columns["offsets"] = MOTION_COLUMNS
    if offsets.ndim > 1:
        columns.setdefault("offsets", IMAGE_MOTION_COLUMNS)
    content = {
        "options": written,
        "members": members,
        "columns": columns,
        "arrays": {name: list(array.shape) for name, array in arrays.items()},
    }
    (folder / "truth.json").write_text(json.dumps(content, indent=2) + "\n")
