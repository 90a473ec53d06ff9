"""The exposure of one detector: its segments, one after the other."""

from dataclasses import dataclass

import numpy as np

from scripts.simulation.detector import (
    Planes,
    draw_bad_pixels,
    expose,
    fill_integration,
    response,
    spoil,
)
from scripts.simulation.mode import Mode, View
from scripts.simulation.options import VisitOptions
from scripts.simulation.timing import EXPOSURE_START, SECONDS_PER_DAY, Clock, int_times_table
from scripts.simulation.truth import DetectorTruth

__all__ = ["Exposure"]

_BAD_PIXEL_STREAM, _NOISE_STREAM = 2, 3
_DETECTOR_DELAY = 0.02


@dataclass(frozen=True)
class Exposure:
    """
    Exposure of one detector during a visit.

    Attributes
    ----------
    options : VisitOptions
        The visit.
    mode : Mode
        Its observing mode.
    view : View
        Scene on the detector, and its description.
    index : int
        Number of the detector, part of the seed of its random numbers.
    """

    options: VisitOptions
    mode: Mode
    view: View
    index: int

    @property
    def clock(self):
        """Times of the integrations; the detectors start 20 ms after each other."""
        seconds = self.mode.readout.integration_time
        start = EXPOSURE_START + self.index * _DETECTOR_DELAY / SECONDS_PER_DAY
        return Clock(start, seconds + self.mode.overhead, seconds)

    def bad_pixels(self):
        """Flags of the pixels that are bad throughout, uint32, shape (rows, columns)."""
        generator = np.random.default_rng([self.options.seed, _BAD_PIXEL_STREAM, self.index])
        drawn = draw_bad_pixels(self.view.scene.shape, self.options.bad_pixel_rate, generator)
        flags = self.view.flags
        return drawn if flags is None else np.where(flags > 0, flags, drawn)

    def begin_truth(self):
        """Truth with everything that is the same in all integrations."""
        scene = self.view.scene
        return DetectorTruth(
            {
                **scene.truth(),
                "flux": scene.light() * self.view.flux_per_unit,
                "radius_ratio": self.mode.radius(scene.wavelength, self.options.radius_ratio),
                "dq": self.bad_pixels(),
            }
        )

    def segment(self, number, offsets, truth):
        """
        Record one segment.

        Parameters
        ----------
        number : int
            Segment number, 1-based.
        offsets : ndarray, shape (integrations of the exposure, ...)
            Displacement of the star, as the mode's `pointing` makes it.
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
        responses = self._responses(integrations, truth)
        planes = Planes.empty((integrations.size, *self.view.scene.shape))
        bad, conversion = truth.vectors["dq"], self.view.scene.conversion_image()
        for index, integration in enumerate(integrations):
            seed = [self.options.seed, _NOISE_STREAM, self.index, int(integration)]
            generator = np.random.default_rng(seed)
            rate = self.view.scene.image(light[index], offsets[integration - 1]) * responses[index]
            measured, hits = expose(
                rate, self.mode.readout, self.options.cosmic_ray_rate, generator
            )
            fill_integration(planes, index, measured, conversion, self.mode.readout)
            lost = spoil(planes, index, bad, self.options.lost_share(integration), generator)
            truth.note("cosmic_rays", integration, hits)
            truth.note("lost_pixels", integration, lost)
        return planes

    def int_times(self, number):
        """
        Rows of INT_TIMES in the file of a segment, as the options ask for.

        Parameters
        ----------
        number : int
            Segment number, 1-based.

        Returns
        -------
        ndarray, shape (rows,)
            Structured array with the columns of INT_TIMES.
        """
        rows = {
            "segment": self.options.integration_range(number),
            "exposure": (1, self.options.total_integrations),
            "empty": (1, 0),
        }
        return int_times_table(self.clock, *rows[self.options.int_times])

    def _light(self, integrations, truth):
        """Relative light (integrations, dispersion); its sum goes into the truth."""
        light = self.mode.light(self.clock, integrations, self.view.scene.wavelength, self.options)
        truth.mid_times.append(self.clock.mid_times(integrations))
        truth.white_light.append(light @ truth.vectors["flux"])
        return light

    def _responses(self, integrations, truth):
        """Response of the detector (integrations,), which goes into the truth too."""
        height = self.options.detector_ramp
        if height is None:
            height = self.mode.detector_ramp(self.options)
        found = response(integrations, self.options.total_integrations, height)
        truth.response.append(found)
        return found
