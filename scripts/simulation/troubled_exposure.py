"""The exposure of one detector with all that can be wrong with it, and its ideal extraction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.simulation.detector import Planes, expose, fill_integration, lose
from scripts.simulation.exposure import Exposure
from scripts.simulation.faults import draw_faults, row_stripes, with_gradient
from scripts.simulation.ideal import ideal_levels
from scripts.simulation.lost_and_hit import REACH, draw_hits, lost_pixels

__all__ = ["TroubledExposure"]

_FAULT_STREAM, _NOISE_STREAM, _EVENT_STREAM = 6, 3, 7
# Lost samples that keep a number are off by so many times their noise.
_JUNK = 50.0


@dataclass(frozen=True)
class _Integration:
    """Expected rates of one integration, electrons per second: star by order, out of transit and now, and all."""

    templates: np.ndarray
    stars: np.ndarray
    background: np.ndarray
    response: float

    @property
    def total(self):
        """Rates of star and background, shape (rows, columns)."""
        return (self.stars.sum(axis=0) + self.background) * self.response


class TroubledExposure(Exposure):
    """
    Exposure of one detector of a visit with `VisitOptions.trouble`.

    Truth has more: ``star_level`` and ``ideal`` (integrations, elements), the star's true level and
    that of the ideal extraction of the same noise; ``hit_sigmas``, of each cosmic ray its electrons
    over the noise of its pixel; ``rtn`` and ``hot_unflagged``, electrons by which pixels are brighter now and
    then, or throughout, without a flag; ``star_pixels``.
    """

    @cached_property
    def faults(self):
        """What is wrong with the pixels throughout."""
        generator = np.random.default_rng([self.options.seed, _FAULT_STREAM, self.index])
        trouble, view = self.options.trouble, self.view
        return draw_faults(trouble, view.scene, self.mode.readout, view.flags, generator)

    @cached_property
    def _background(self):
        """Background in the middle of the visit, electrons per second, (rows, columns)."""
        rise = self.options.trouble.background_gradient
        return self.faults.flat * with_gradient(self.view.scene.background_image(), rise)

    def bad_pixels(self):
        """Flags of the pixels that are bad throughout, uint32, shape (rows, columns)."""
        return self.faults.flags

    def begin_truth(self):
        """Truth with everything that is the same in all integrations."""
        truth, faults = super().begin_truth(), self.faults
        maps = {"rtn": faults.rtn, "hot_unflagged": faults.hot, "star_pixels": faults.star}
        truth.vectors.update(maps)
        return truth

    def segment(self, number, offsets, truth):
        """
        Record one segment.

        Parameters
        ----------
        number : int
            Segment number, 1-based.
        offsets : ndarray, shape (integrations of the exposure, 3)
            Motion of the star, as `scripts.simulation.trouble_motion.star_motion` makes it.
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
        for index, integration in enumerate(integrations):
            seed = [self.options.seed, _NOISE_STREAM, self.index, int(integration)]
            generator = np.random.default_rng(seed)
            motion = offsets[integration - 1]
            expected = self._expected(integration, light[index], motion, responses[index])
            measured, _ = expose(expected.total, self.mode.readout, 0.0, generator)
            self._fill(planes, index, measured)
            truth.note_levels(light[index], self._ideal(expected, measured))
            self._disturb(planes, index, int(integration), truth)
        return planes

    def _expected(self, integration, light, motion, response):
        """Rates of an integration without noise."""
        scene, trouble = self.view.scene, self.options.trouble
        templates = scene.templates(motion) * self.faults.response(motion)
        moved = scene.moved_light(light, motion).reshape(scene.element_shape)
        phase = (integration - 0.5) / self.options.total_integrations - 0.5
        background = self._background * (1.0 + trouble.background_drift * phase)
        return _Integration(templates, templates * moved, background, response)

    def _ideal(self, expected, measured):
        """Level in every element by the ideal extraction of the noise of an integration."""
        seconds, read_noise = self.mode.readout.integration_time, self.mode.readout.read_noise
        quiet = expected.templates.sum(axis=0) + expected.background
        variance = quiet / seconds + (read_noise / seconds) ** 2
        noise = measured - expected.total
        stars = expected.stars * expected.response
        shape = self.view.scene.element_shape
        return ideal_levels(expected.templates, stars, noise, variance, shape)

    def _fill(self, planes, index, measured):
        """Put rates into the planes, with errors that may be wrong by a factor."""
        conversion, factor = self.view.scene.conversion_image(), self.options.trouble.err_factor
        fill_integration(planes, index, measured, conversion, self.mode.readout)
        planes.err[index] *= factor
        for variance in (planes.var_poisson, planes.var_rnoise, planes.var_flat):
            variance[index] *= factor**2

    def _disturb(self, planes, index, integration, truth):
        """Add what has no flag, cosmic rays, stripes and bad samples to the planes and the truth."""
        faults, trouble, shape = self.faults, self.options.trouble, self.view.scene.shape
        generator = np.random.default_rng(
            [self.options.seed, _EVENT_STREAM, self.index, integration]
        )
        electrons = faults.unflagged_electrons(generator)
        if self.mode.stripes:
            stripes = row_stripes(shape[0], trouble.stripe_slope, generator)
            electrons += trouble.stripes * stripes[:, None]
        lost = self._lost(integration)
        resting = faults.rests(integration, self.options.total_integrations)
        blocked = lost | resting | ((faults.flags & 1) > 0)
        near = self._lost_nearby(integration)
        star = np.flatnonzero(faults.star)
        hits = draw_hits(trouble, star, near, blocked.reshape(-1), generator)
        charge = hits.sigmas * faults.noise.flat[hits.pixels]
        electrons.flat[hits.pixels] += charge
        electrons[lost] += _JUNK * faults.noise[lost]
        rate = electrons / self.mode.readout.integration_time
        planes.sci[index] += rate * self.view.scene.conversion_image()
        gone = resting | (lost & (generator.random(shape) < 0.5))
        lose(planes, index, faults.flags, lost | resting, gone)
        rows, columns = np.unravel_index(hits.pixels, shape)
        truth.note("cosmic_rays", integration, np.stack([rows, columns, charge], axis=-1))
        truth.note("lost_pixels", integration, np.argwhere(lost | resting))
        truth.hit_sigmas.append(hits.sigmas)

    def _lost(self, integration):
        """Pixels whose sample is lost, bool, (rows, columns); all of a lost integration."""
        if integration == self.options.lost_integration:
            return np.ones(self.view.scene.shape, bool)
        found = np.zeros(self.view.scene.shape, bool)
        found.flat[self._lost_alone(integration)] = True
        return found

    def _lost_alone(self, integration):
        """Flat indices of the pixels lost in an integration alone."""
        size, share = self.faults.noise.size, self.options.trouble.lost
        return lost_pixels(self.options.seed, self.index, integration, share, size)

    def _lost_nearby(self, integration):
        """Flat indices of the pixels lost in the integrations before and after."""
        numbers = range(
            max(1, integration - REACH),
            min(self.options.total_integrations, integration + REACH) + 1,
        )
        return np.concatenate(
            [self._lost_alone(number) for number in numbers if number != integration]
            or [np.zeros(0, int)]
        )
