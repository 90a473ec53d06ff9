"""What the rules of the report have in common."""

from scripts.lib.report.captions import PLOTS
from scripts.lib.references.parameters import KINDS

NOT_SETTINGS = ("associations", "output_dir", "max_memory_mb", "crds_context")


def has_report(product):
    """Whether a product has light curves that a report can be made of."""
    step = "tso_photometry" if product.branch == "imaging" else "extract_1d"
    return not skips(product, step)


def report_files(product):
    """Light-curve tables, diagnostics and report that one association asks for."""
    if not has_report(product):
        return []
    files = []
    if not config["light_curve"]["skip"]:
        files.append(f"<results>/{product.name}_lc.ecsv")
    if product.branch == "spectroscopy" and not config["spectroscopic_light_curves"]["skip"]:
        files.append(f"<results>/{product.name}_speclc.fits")
    if not config["report"]["skip"]:
        files.append(f"<results>/{product.name}_diagnostics.json")
        files.append(f"<results>/{product.name}_report.html")
    return files


def reported_products():
    """Names of the products that have a report."""
    if config["report"]["skip"]:
        return []
    return [product.name for product in PRODUCTS.values() if has_report(product)]


def summary_files():
    """Summary of all visits, if there is more than one."""
    names = reported_products()
    return ["<results>/summary.ecsv", "<results>/summary.html"] if len(names) > 1 else []


def all_diagnostics(wildcards):
    """Diagnostics of all products."""
    return [f"<results>/{name}_diagnostics.json" for name in reported_products()]


def spectra_of_segment(wildcards):
    """Spectra of a segment; nothing of images."""
    is_image = segment_of(wildcards).branch == "imaging"
    return [] if is_image else f"<results>/segments/{wildcards.segment}_extract1d.fits"


def photometry_of_segment(wildcards):
    """Photometry of a segment; nothing of spectra."""
    is_image = segment_of(wildcards).branch == "imaging"
    return f"<results>/segments/{wildcards.segment}_photometry.fits" if is_image else []


def segment_statistics(wildcards):
    """Statistics of all segments of a product in order."""
    segments = PRODUCTS[wildcards.product].segments
    return [f"<results>/segments/{segment.name}_statistics.npz" for segment in segments]


def segments_of_product(wildcards):
    """What scripts have to know of the segments of a product."""
    return [
        {
            "number": segment.number,
            "detector": segment.detector,
            "first": segment.first_integration,
        }
        for segment in PRODUCTS[wildcards.product].segments
    ]


def exposure_integrations(wildcards):
    """Number of integrations of the exposure."""
    return PRODUCTS[wildcards.product].segments[0].exposure_integrations


def first_member(wildcards):
    """First segment of a product; with outliers flagged if it would have to be unpacked."""
    segment = PRODUCTS[wildcards.product].segments[0]
    return flagged_segments(wildcards)[0] if segment.is_compressed else segment.path


def job_names(wildcards):
    """Names of the jobs of a product."""
    return [*(segment.name for segment in segments_of_job(wildcards)), wildcards.product]


def settings(wildcards):
    """Settings that shape the products."""
    found = {name: value for name, value in config.items() if name not in NOT_SETTINGS}
    found["references"] = used_references(wildcards)
    return found | {step: options(step)(wildcards) for step in KINDS}


def light_curve_file():
    """Light-curve table of a product as output of a rule."""
    return report(
        "<results>/{product}_lc.ecsv",
        caption="../report/light_curve.rst",
        category="Light curves",
        labels={"product": "{product}", "kind": "with errors and flags"},
    )


def binned_file():
    """Light curves in bins of wavelength as output of a rule, or nothing if there are none."""
    skipped = config["spectroscopic_light_curves"]["skip"]
    return [] if skipped else "<results>/{product}_speclc.fits"


def report_outputs():
    """Diagnostics and page of a product as output of a rule."""
    return {
        "diagnostics": "<results>/{product}_diagnostics.json",
        "report": report(
            "<results>/{product}_report.html",
            caption="../report/visit.rst",
            category="Report",
            labels={"product": "{product}"},
        ),
    }


def plot_files(branch):
    """Plots of the products of a branch as output of a rule."""
    files = {}
    for name in PLOTS[branch]:
        stem = f"<results>/{{product}}_plots/{name}"
        files[f"{name}_png"] = report(
            f"{stem}.png",
            caption=f"../report/{name}.rst",
            category="Plots",
            labels={"product": "{product}", "plot": name.replace("_", " ")},
        )
        if config["report"]["vector_plots"]:
            files[f"{name}_svg"] = f"{stem}.svg"
    return files
