"""Products without files, for tests of the answers that the rules get."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import yaml

from scripts.lib.fits.headers import Hdu
from scripts.lib.inputs.products import Product
from scripts.lib.inputs.segments import Segment
from scripts.lib.planning.plan import Plan
from scripts.lib.references.selection import ReferenceFiles

ROOT = Path(__file__).resolve().parents[2]
SOSS_FILES = {kind: f"{kind}.ref" for kind in ("pastasoss", "specprofile", "speckernel")}


def complete_config(**sections):
    """
    Complete configuration.

    Parameters
    ----------
    **sections
        What differs from the defaults; of a section its keys that do.

    Returns
    -------
    config : dict
        All settings.
    """
    config = deepcopy(_defaults())
    for name, given in sections.items():
        config[name] = config[name] | given if isinstance(given, dict) else given
    return config


@cache
def _defaults():
    """Content of the configuration file, which holds all defaults."""
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def make_segment(
    number=1,
    exp_type="NRS_BRIGHTOBJ",
    findings=(),
    packed=False,
    shape=(3, 32, 100),
    flux_keywords=(),
):
    """
    Make a segment of 10 MB that is in no file.

    Parameters
    ----------
    number : int
        Number of the segment, of as many integrations as the others.
    exp_type : str
        ``EXP_TYPE``.
    findings : tuple of Finding
        Its findings.
    packed : bool
        Whether it is compressed.
    shape : tuple of int
        Shape (integrations, y, x).
    flux_keywords : tuple
        What fluxes depend on.

    Returns
    -------
    segment : Segment
        ``in/<mode>-seg<number>_calints.fits`` of the observation o001.
    """
    stem = f"{exp_type.lower()}-seg{number:03d}"
    return Segment(
        path=f"in/{stem}_calints.fits{'.gz' if packed else ''}",
        stem=stem,
        name=f"{stem}_o001",
        exposure_id=exp_type.lower(),
        number=number,
        detector="D1",
        exp_type=exp_type,
        first_integration=1 + shape[0] * (number - 1),
        exposure_integrations=2 * shape[0],
        shape=shape,
        data_bytes=10_000_000,
        findings=findings,
        asn_id="o001",
        flux_keywords=flux_keywords,
    )


def make_product(exp_type="NRS_BRIGHTOBJ", segments=None, is_group=False, findings=()):
    """
    Make a product of two segments.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    segments : list of Segment, optional
        Others than the two.
    is_group : bool
        Whether the workflow has to write its association.
    findings : tuple of Finding
        Its findings.

    Returns
    -------
    product : Product
        It is named after its mode.
    """
    name = exp_type.lower()
    return Product(
        name=name,
        asn_id="o001",
        asn_path=f"{'results' if is_group else 'in'}/{name}_asn.json",
        asn_pool="pool.csv",
        segments=tuple(segments or [make_segment(1, exp_type), make_segment(2, exp_type)]),
        findings=findings,
        is_group=is_group,
    )


def register_segments(products, config, folder=".", unit="DN/s"):
    """
    Register the segments of products with reference files, without a CRDS cache.

    Parameters
    ----------
    products : list of Product
        The products.
    config : dict
        The configuration.
    folder : Path
        Folder that relative paths start from.
    unit : str
        ``BUNIT`` of all segments.

    Returns
    -------
    reference_files : ReferenceFiles
        The files as the rules look them up.
    """
    reference_files = ReferenceFiles(config, {}, folder, {})
    for product in products:
        for segment in product.segments:
            primary = Hdu("PRIMARY", 1, {"EXP_TYPE": segment.exp_type}, [], 0, 0, 0, ())
            sci = Hdu("SCI", 1, {"BUNIT": unit}, [], 0, 0, 0, segment.shape)
            reference_files.register(segment.path, [primary, sci])
    return reference_files


def segment_wildcards(segment):
    """Wildcards of the job of a segment."""
    return SimpleNamespace(segment=segment.name)


def product_wildcards(product):
    """Wildcards of the job of a product."""
    return SimpleNamespace(product=product.name)


def make_plan(*products, folder=".", findings=(), **sections):
    """Plan of products with the default configuration but for some sections."""
    config = complete_config(**sections)
    return Plan(list(products), register_segments(products, config, folder), config, findings)


def crfints(*segments):
    """Flagged files of segments."""
    return [f"<results>/{segment.name}_crfints.fits" for segment in segments]
