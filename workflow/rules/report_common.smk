"""What the rules of the report have in common."""

from scripts.lib.figure_texts import PLOTS

NOT_SETTINGS = ("associations", "output_dir", "max_memory_mb")


def has_report(product):
    """Whether a product has light curves that a report can be made of; NIRISS SOSS not yet."""
    if product.exp_type == "NIS_SOSS":
        return False
    step = "tso_photometry" if product.branch == "imaging" else "extract_1d"
    return not config[step]["skip"]


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


def spectra_of_product(wildcards):
    """Spectra of all segments of a product; nothing of images."""
    return [] if product_of(wildcards).branch == "imaging" else segment_spectra(wildcards)


def photometry_of_product(wildcards):
    """Photometry of all segments of a product; nothing of spectra."""
    return segment_photometry(wildcards) if product_of(wildcards).branch == "imaging" else []


def images_of_product(wildcards):
    """Segments of images with outliers flagged; nothing of spectra."""
    return flagged_segments(wildcards) if product_of(wildcards).branch == "imaging" else []


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
    """First segment of a product."""
    return PRODUCTS[wildcards.product].segments[0].path


def job_names(wildcards):
    """Names of the jobs of a product."""
    return [*(segment.name for segment in segments_of_job(wildcards)), wildcards.product]


def settings(wildcards):
    """Settings that shape the products."""
    return {name: value for name, value in config.items() if name not in NOT_SETTINGS}


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
        files[f"{name}_svg"] = f"{stem}.svg"
    return files
