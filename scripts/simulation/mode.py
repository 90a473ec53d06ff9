"""Interface of an observing mode, and of one detector in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts.simulation.detector import Readout
from scripts.simulation.options import VisitOptions
from scripts.simulation.pointing import cross_dispersion_offsets
from scripts.simulation.scene import Scene
from scripts.simulation.star import planet_radius, transit_light
from scripts.simulation.timing import Clock

__all__ = ["SPECTRAL_OPTIONS", "Mode", "View"]

SPECTRAL_OPTIONS = frozenset({"background_regions", "source_type", "wavelength_plane"})


@dataclass(frozen=True)
class View:
    """
    One detector of a visit: its scene and the description of it in the files.

    Attributes
    ----------
    scene : Scene
        Noise-free images.
    wcs : gwcs.WCS
        Coordinates of the pixels.
    wavelengths : ndarray or None
        WAVELENGTH extension, shape (rows, columns), micron, NaN off the spectrum.
    keywords : dict
        Data model attributes (dotted names) of this mode and detector.
    flux_per_unit : float
        FLUX of the product per summed unit of the data.
    flags : ndarray of uint32 or None
        DQ of pixels that never see light, shape (rows, columns), 0 for all others.
    """

    scene: Scene
    wcs: Any
    wavelengths: np.ndarray | None
    keywords: dict[str, Any]
    flux_per_unit: float
    flags: np.ndarray | None = None


@dataclass(frozen=True)
class Mode:
    """
    One observing mode of the simulator.

    Attributes
    ----------
    exposure_type : str
        EXP_TYPE.
    model : str
        Class of ``stdatamodels.jwst.datamodels`` of the members.
    frame_size : tuple of int
        Rows and columns of an integration when the user names none.
    readout : Readout
        Integration time and read noise.
    gain : float
        Electrons per DN.
    overhead : float
        Seconds between the end of an integration and the start of the next one.
    scale : callable
        Size of a pixel with the options given, arcsec.
    detectors : callable
        Detectors used with the options given, in the order of the association.
    view : callable
        The view of one detector.
    references : callable
        Writes the reference files into a folder; returns their names by reference type.
    optical_path : callable
        Last part of the product's name.
    pointing : callable
        Pointing in every integration of the visit, as `Scene.image` takes it.
    light : callable
        Relative light of the star in integrations, shape (integrations, wavelengths).
    radius : callable
        Planet's radius (stellar radii) at wavelengths, for the truth.
    detector_ramp : callable
        Height of the detector's ramp when the user names none.
    stripes : bool
        Whether readout noise shows as stripes along the rows.
    options : frozenset of str
        Options of `VisitOptions` that only some modes have, this one among them.
    """

    exposure_type: str
    model: str
    frame_size: tuple[int, int]
    readout: Readout
    gain: float
    overhead: float
    scale: Callable[[VisitOptions], float]
    detectors: Callable[[VisitOptions], tuple[str, ...]]
    view: Callable[[VisitOptions, str], View]
    references: Callable[[VisitOptions, Path], dict[str, str]]
    optical_path: Callable[[VisitOptions], str]
    pointing: Callable[[VisitOptions], np.ndarray] = cross_dispersion_offsets
    light: Callable[[Clock, np.ndarray, np.ndarray, VisitOptions], np.ndarray] = transit_light
    radius: Callable[[np.ndarray, float], np.ndarray] = planet_radius
    detector_ramp: Callable[[VisitOptions], float] = lambda options: 0.0
    stripes: bool = False
    options: frozenset[str] = SPECTRAL_OPTIONS

    def shape(self, options):
        """
        Rows and columns of an integration.

        Parameters
        ----------
        options : VisitOptions
            The visit.

        Returns
        -------
        tuple of int
            Rows and columns.
        """
        return options.frame_size or self.frame_size
