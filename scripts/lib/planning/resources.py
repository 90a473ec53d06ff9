"""Memory and time of jobs, predicted from the headers of their segments."""

import math
from dataclasses import dataclass

from scripts.lib.instruments.modes import mode_of

__all__ = [
    "SNAKEMAKE_MB",
    "STEPS",
    "Step",
    "is_small",
    "peak_mb",
    "request_mb",
    "request_minutes",
    "seconds",
    "work_mb",
]

# Memory of the two Snakemake processes around the script of a job on a cluster.
SNAKEMAKE_MB = 340
# Time of a job on a cluster before its data: queue, Snakemake and libraries from a slow disk.
_START_MINUTES = 5
# Segments whose jobs together take less share an allocation with others.
_SHARED_SECONDS = 300
# Largest width of the part of an image that is cut out [px].
_CUT = 257
# A mode has only one of the last two, but the limit is for the sum of all three: with a smaller sum
# larger segments would share allocations.
_SEGMENT_STEPS = ("outlier_detection", "extract_1d", "tso_photometry")
_SOSS_STEPS = ("outlier_detection", "extract_soss")


@dataclass(frozen=True)
class Step:
    """
    Resources that the jobs of one step need; measured, then rounded up.

    Attributes
    ----------
    libraries_mb : float
        Memory of the interpreter with the libraries of the step.
    blocks_mb : float
        Memory beyond which its blocks of data do not grow.
    pixel_bytes : float
        Memory for each pixel of an image, where a block has at least one image.
    member_mb : float
        Memory for each segment.
    mb_per_second : float
        Data processed in a second, a tenth of what a laptop reaches.
    cuts_images : bool
        Whether it reads of large images only the part about the star.
    """

    libraries_mb: float
    blocks_mb: float
    pixel_bytes: float = 0
    member_mb: float = 0
    mb_per_second: float = 20
    cuts_images: bool = False


STEPS = {
    "outlier_detection": Step(60, 64),
    "extract_1d": Step(150, 32, pixel_bytes=128, mb_per_second=10),
    "extract_soss": Step(1200, 512, mb_per_second=1),
    "collect_spectra": Step(150, 32, member_mb=2),
    "white_light": Step(100, 64),
    "tso_photometry": Step(100, 96, pixel_bytes=48, mb_per_second=5),
    "collect_photometry": Step(200, 32, member_mb=1),
    "visit_reference": Step(150, 128, pixel_bytes=600, cuts_images=True),
    "model_segment": Step(150, 96, pixel_bytes=1000, mb_per_second=10, cuts_images=True),
    "light_curve": Step(120, 192, member_mb=0.5),
    "fit_depths": Step(150, 128, member_mb=0.5),
    "report_visit": Step(150, 128, member_mb=2),
    "export_product": Step(120, 96),
    "other": Step(60, math.inf, mb_per_second=5),
}


def work_mb(segments, max_memory_mb):
    """
    Find the working memory that a job may use: four times its data, up to the limit.

    Parameters
    ----------
    segments : sequence of Segment
        What the job works on.
    max_memory_mb : int
        The limit [MB].

    Returns
    -------
    memory : int
        Memory for blocks of data [MB], 64 or more unless the limit is lower.
    """
    data_mb = sum(segment.data_bytes for segment in segments) // 1_000_000
    return min(max_memory_mb, 64 + 4 * data_mb)


def peak_mb(step, segments, max_memory_mb):
    """
    Predict the largest memory of a job's own process.

    Parameters
    ----------
    step : str
        Name of the rule, or ``other``.
    segments : sequence of Segment
        What the job works on.
    max_memory_mb : int
        Limit of the working memory [MB].

    Returns
    -------
    memory : int
        Memory [MB], not to be exceeded.
    """
    known = STEPS[step]
    image_mb = known.pixel_bytes * max(_pixels(s, known) for s in segments) / 1e6
    blocks_mb = max(min(known.blocks_mb, work_mb(segments, max_memory_mb)), image_mb)
    return math.ceil(known.libraries_mb + blocks_mb + known.member_mb * len(segments))


def _pixels(segment, step):
    """Pixels of an image that a step holds."""
    largest = _CUT if step.cuts_images and mode_of(segment.exp_type).is_imaging else math.inf
    return math.prod(min(length, largest) for length in segment.shape[1:])


def seconds(step, segments):
    """
    Predict the time in which a job processes its data.

    Parameters
    ----------
    step : str
        Name of the rule.
    segments : sequence of Segment
        What the job works on.

    Returns
    -------
    time : float
        Time [s] on a slow processor with a slow disk, without the start of
        the job.
    """
    return sum(segment.data_bytes for segment in segments) / (1e6 * STEPS[step].mb_per_second)


def request_mb(step, segments, max_memory_mb):
    """
    Predict the memory to request from a cluster.

    Parameters
    ----------
    step, segments, max_memory_mb
        As for :func:`peak_mb`.

    Returns
    -------
    memory : int
        Memory [MB] of the job with the Snakemake processes around it.
    """
    return SNAKEMAKE_MB + peak_mb(step, segments, max_memory_mb)


def request_minutes(step, segments):
    """
    Predict the time to request from a cluster.

    Parameters
    ----------
    step, segments
        As for :func:`seconds`.

    Returns
    -------
    time : int
        Time [min] of the job, its start included.
    """
    return _START_MINUTES + math.ceil(seconds(step, segments) / 60)


def is_small(segment):
    """Return whether the jobs of a segment are so short that several should share an allocation."""
    steps = _SOSS_STEPS if mode_of(segment.exp_type).is_soss else _SEGMENT_STEPS
    return sum(seconds(step, [segment]) for step in steps) < _SHARED_SECONDS
