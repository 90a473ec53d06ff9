"""The exposure of one detector: its segments, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.simulation.detector import (
    Planes,
    draw_bad_pixels,
    expose,
    fill_integration,
    spoil,
)
from scripts.simulation.mode import Mode, View
from scripts.simulation.options import VisitOptions
from scripts.simulation.star import light_curve, planet_radius
from scripts.simulation.timing import (
    EXPOSURE_START,
    SECONDS_PER_DAY,
    Clock,
    int_times_table,
)
from scripts.simulation.truth import DetectorTruth

_POINTING_STREAM, _BAD_PIXEL_STREAM, _NOISE_STREAM = 1, 2, 3
_DETECTOR_DELAY = 0.02


def pointing_offsets(options: VisitOptions) -> np.ndarray:
    """Cross-dispersion displacement of the star in every integration: drift and jitter.

    Parameters
    ----------
    options : VisitOptions
        Size of drift and jitter, pixels.

    Returns
    -------
    ndarray, shape (integrations,)
        Displacement, pixels; the drift is zero in the middle of the visit.
    """
    generator = np.random.default_rng([options.seed, _POINTING_STREAM])
    count = options.total_integrations
    drift = options.drift * (np.arange(count) / max(count - 1, 1) - 0.5)
    return drift + generator.normal(0.0, options.jitter, count)


@dataclass(frozen=True)
class Exposure:
    """What one detector records during a visit.

    Parameters
    ----------
    options : VisitOptions
        The visit.
    mode : Mode
        Its observing mode.
    view : View
        What the detector sees.
    index : int
        Number of the detector, part of the seed of its random numbers.
    """

    options: VisitOptions
    mode: Mode
    view: View
    index: int

    @property
    def clock(self) -> Clock:
        """Times of the integrations; the detectors start 20 ms after each other."""
        seconds = self.mode.readout.integration_time
        start = EXPOSURE_START + self.index * _DETECTOR_DELAY / SECONDS_PER_DAY
        return Clock(start, seconds + self.mode.overhead, seconds)

    def bad_pixels(self) -> np.ndarray:
        """Flags of the pixels that are bad throughout, uint32, shape (rows, columns)."""
        generator = np.random.default_rng([self.options.seed, _BAD_PIXEL_STREAM, self.index])
        return draw_bad_pixels(self.view.scene.shape, self.options.bad_pixel_rate, generator)

    def begin_truth(self) -> DetectorTruth:
        """Truth with all that does not depend on the integration."""
        scene = self.view.scene
        return DetectorTruth(
            {
                **scene.truth(),
                "flux": scene.light() * self.view.flux_per_unit,
                "radius_ratio": planet_radius(scene.wavelength, self.options.radius_ratio),
                "dq": self.bad_pixels(),
            }
        )

    def segment(self, number: int, offsets: np.ndarray, truth: DetectorTruth) -> Planes:
        """Record one segment.

        Parameters
        ----------
        number : int
            Segment number, 1-based.
        offsets : ndarray, shape (integrations of the exposure,)
            Cross-dispersion displacement of the star, pixels.
        truth : DetectorTruth
            Added to.

        Returns
        -------
        Planes
            The image extensions.
        """
        first, last = self.options.integration_range(number)
        integrations = np.arange(first, last + 1)
        light = self._light(integrations, truth)
        planes = Planes.empty((integrations.size, *self.view.scene.shape))
        bad, conversion = truth.vectors["dq"], self.view.scene.conversion_image()
        for index, integration in enumerate(integrations):
            seed = [self.options.seed, _NOISE_STREAM, self.index, int(integration)]
            generator = np.random.default_rng(seed)
            rate = self.view.scene.image(light[index], offsets[integration - 1])
            measured, hits = expose(
                rate, self.mode.readout, self.options.cosmic_ray_rate, generator
            )
            fill_integration(planes, index, measured, conversion, self.mode.readout)
            lost = spoil(planes, index, bad, self.options.nan_rate, generator)
            truth.note("cosmic_rays", integration, hits)
            truth.note("lost_pixels", integration, lost)
        return planes

    def int_times(self, number: int) -> np.ndarray:
        """Rows of INT_TIMES in the file of a segment, as the options ask for."""
        rows = {
            "segment": self.options.integration_range(number),
            "exposure": (1, self.options.total_integrations),
            "empty": (1, 0),
        }
        return int_times_table(self.clock, *rows[self.options.int_times])

    def _light(self, integrations: np.ndarray, truth: DetectorTruth) -> np.ndarray:
        """Relative light (integrations, dispersion); its sum goes into the truth."""
        times = self.clock.mid_times(integrations)
        span = self.clock.span(self.options.total_integrations)
        light = light_curve(times, span, self.view.scene.wavelength, self.options)
        truth.mid_times.append(times)
        truth.white_light.append(light @ truth.vectors["flux"])
        return light
