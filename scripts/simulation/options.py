"""Options of a simulated visit, and the segments into which its exposure is cut."""

from dataclasses import dataclass, fields
from typing import ClassVar

from scripts.lib.errors import InputError
from scripts.simulation.trouble import Trouble

__all__ = ["INT_TIMES_KINDS", "SOURCE_TYPES", "VisitOptions"]

INT_TIMES_KINDS = ("segment", "exposure", "empty")
SOURCE_TYPES = ("POINT", "EXTENDED", "UNKNOWN")
# What the trouble of a visit has instead.
_REPLACED_BY_TROUBLE = (
    "cosmic_ray_rate",
    "bad_pixel_rate",
    "nan_rate",
    "drift",
    "jitter",
    "tilt_event",
    "real_frames",
)


@dataclass(frozen=True)
class VisitOptions:
    """
    Options of one simulated visit.

    Attributes
    ----------
    mode : str
        Name of the observing mode, a key of ``scripts.simulation.modes.MODES``.
    integrations : int
        Integrations of the exposure; ignored when `segment_lengths` is given.
    segments : int
        Segments into which the exposure is cut as evenly as possible.
    segment_lengths : tuple of int, optional
        Integrations of every segment.
    frame_size : tuple of int, optional
        Rows and columns of an integration; the mode's own size by default.
    detectors : tuple of str, optional
        Detectors to simulate; by default all of the mode's, and nrcb1 in NIRCam imaging.
    disperser : str, optional
        Grating or prism of NIRSpec (G395H or PRISM).
    seed : int
        Seed of all random numbers. An integration's numbers depend on the seed, the detector and
        the integration number only, never on the way the exposure is cut.
    radius_ratio, impact_parameter : float
        Planet's radius at the shortest wavelength and impact parameter, in stellar radii.
    transit_fraction : float
        Part of the visit between first and fourth contact.
    cosmic_ray_rate : float
        Hits per pixel and integration.
    bad_pixel_rate : float
        Part of the pixels that is bad in every integration (dead, NaN) or hot (finite, flagged).
    nan_rate : float
        Part of the pixels of an integration that is NaN and DO_NOT_USE in that integration alone.
    drift, jitter : float
        Pointing drift over the visit and scatter per integration, pixels: across the dispersion,
        in imaging along both axes.
    detector_ramp : float, optional
        Response of the detector at the start minus the settled one, which is 1; it falls by a
        factor e in a tenth of the visit. The mode's own by default.
    trouble : Trouble, optional
        What is wrong with telescope and detector, in place of `cosmic_ray_rate`, `bad_pixel_rate`,
        `nan_rate`, `drift`, `jitter` and `tilt_event`; with it the truth has the ideal extraction too.
    lost_integration : int, optional
        Number of an integration all of whose pixels are NaN and DO_NOT_USE.
    source_position : tuple of float, optional
        Imaging: column and row of the star, 0-based; near the middle of the frame by default.
    pointing_error : float
        Imaging: pixels by which the star is to the right of and above its planned position.
    tilt_event : int, optional
        Imaging: number of the integration from which on the star is displaced by a fraction of a
        pixel and its image has another shape.
    weak_lens : bool
        NIRCam imaging: through the weak lens WLP8.
    real_frames : str, optional
        MIRI imaging: result file of Erebus (HDF5, read with h5py) that gives the star's image and
        light.
    pupil_wheel : float
        NIRISS SOSS: position of the pupil wheel, degrees; it rotates the traces.
    zodiacal_light : float
        NIRISS SOSS: background on the bright side of its step, DN/s and pixel.
    real_references : str, optional
        NIRISS SOSS: SPECTRACE reference of SUBSTRIP256, or a folder with one, that gives traces,
        wavelengths and throughputs; a model of them by default.
    int_times : {"segment", "exposure", "empty"}
        Rows of INT_TIMES in every member.
    drop_segment : int, optional
        Segment number left out of the association (its file is written all the same).
    reverse_members : bool
        List the members of the association in reverse order.
    photom : bool
        Flux-calibrated data where the mode has them; otherwise DN/s.
    source_type : {"POINT", "EXTENDED", "UNKNOWN"}
        SRCTYPE of the source.
    wavelength_plane : bool, optional
        Whether the members carry a WAVELENGTH extension; as the mode's real data by default.
    background_regions : bool
        Whether the EXTRACT1D reference subtracts a background.
    aperture_correction : bool
        Write an APCORR reference.
    point_source_image : bool
        Write a PSF reference.
    gain_reference, wavelengthrange_reference : bool
        Write a GAIN or a WAVELENGTHRANGE reference.
    program, observation : str
        Numbers in the names and keywords.

    Raises
    ------
    InputError
        A value is outside its range.
    """

    mode: str
    integrations: int = 60
    segments: int = 2
    segment_lengths: tuple[int, ...] | None = None
    frame_size: tuple[int, int] | None = None
    detectors: tuple[str, ...] | None = None
    disperser: str | None = None
    seed: int = 1
    radius_ratio: float = 0.1
    impact_parameter: float = 0.3
    transit_fraction: float = 0.45
    cosmic_ray_rate: float = 2e-5
    bad_pixel_rate: float = 2e-3
    nan_rate: float = 0.0
    drift: float = 0.06
    jitter: float = 0.005
    detector_ramp: float | None = None
    trouble: Trouble | None = None
    lost_integration: int | None = None
    source_position: tuple[float, float] | None = None
    pointing_error: float = 0.0
    tilt_event: int | None = None
    weak_lens: bool = False
    real_frames: str | None = None
    pupil_wheel: float = 245.78
    zodiacal_light: float = 0.0
    real_references: str | None = None
    int_times: str = "segment"
    drop_segment: int | None = None
    reverse_members: bool = False
    photom: bool = True
    source_type: str = "POINT"
    wavelength_plane: bool | None = None
    background_regions: bool = False
    aperture_correction: bool = False
    point_source_image: bool = False
    gain_reference: bool = False
    wavelengthrange_reference: bool = False
    program: str = "01366"
    observation: str = "003"

    _smallest_frame: ClassVar[int] = 16

    def __post_init__(self):
        """Refuse values that no visit can have."""
        choices = {"int_times": INT_TIMES_KINDS, "source_type": SOURCE_TYPES}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                msg = f"{name}: found {getattr(self, name)!r}, expected one of {', '.join(allowed)}"
                raise InputError(msg)
        for name in ("cosmic_ray_rate", "bad_pixel_rate", "nan_rate", "transit_fraction"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                msg = f"{name}: found {getattr(self, name)}, expected 0 to 1"
                raise InputError(msg)
        if self.frame_size is not None and min(self.frame_size) < self._smallest_frame:
            msg = (
                f"frame_size: found {self.frame_size}, expected {self._smallest_frame} pixels or "
                "more each way"
            )
            raise InputError(msg)
        if min(self.lengths) < 1:
            msg = f"segments: found lengths {self.lengths}, expected at least 1 each"
            raise InputError(msg)
        counts = {
            "drop_segment": len(self.lengths),
            "lost_integration": self.total_integrations,
            "tilt_event": self.total_integrations,
        }
        for name, count in counts.items():
            found = getattr(self, name)
            if found is not None and not 1 <= found <= count:
                msg = f"{name}: found {found}, expected 1 to {count}"
                raise InputError(msg)
        self._refuse_what_trouble_replaces()

    def _refuse_what_trouble_replaces(self):
        """Refuse options that have no effect next to a trouble."""
        for item in fields(self) if self.trouble is not None else ():
            found = getattr(self, item.name)
            if item.name in _REPLACED_BY_TROUBLE and found != item.default:
                msg = f"{item.name}: found {found!r}, expected none: trouble is given"
                raise InputError(msg)

    @property
    def lengths(self):
        """Integrations of every segment, in order."""
        if self.segment_lengths is not None:
            return tuple(self.segment_lengths)
        short, longer = divmod(self.integrations, self.segments)
        return tuple(short + (number < longer) for number in range(self.segments))

    @property
    def total_integrations(self):
        """Integrations of the whole exposure (NINTS)."""
        return sum(self.lengths)

    def integration_range(self, segment):
        """
        First and last integration number (1-based, inclusive) of a 1-based segment number.

        Parameters
        ----------
        segment : int
            Segment number.

        Returns
        -------
        tuple of int
            First and last number.
        """
        first = 1 + sum(self.lengths[: segment - 1])
        return first, first + self.lengths[segment - 1] - 1

    def lost_share(self, integration_number):
        """
        Part of the pixels of a 1-based integration number that is lost in it alone.

        Parameters
        ----------
        integration_number : int
            Integration number.

        Returns
        -------
        float
            From 0 to 1.
        """
        return 1.0 if integration_number == self.lost_integration else self.nan_rate
