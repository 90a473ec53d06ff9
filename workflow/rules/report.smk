"""Light-curve tables, diagnostics, plots and report of each visit."""


rule segment_statistics:
    """Measure median image, flags and trace of one segment."""
    input:
        segment=flagged_segment,
        spectra=spectra_of_segment,
        photometry=photometry_of_segment,
    output:
        statistics="<results>/segments/{segment}_statistics.npz",
    log:
        "<logs>/segment_statistics/{segment}.log",
    wildcard_constraints:
        segment=any_of(SEGMENTS),
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        photometry=lookup("tso_photometry", within=config),
        code=code("segment_statistics"),
    script:
        "../../scripts/segment_statistics.py"


rule light_curve:
    """Make one table of flux, errors, flags and place of the star."""
    input:
        spectra=spectra_of_product,
        photometry=photometry_of_product,
        segments=images_of_product,
        statistics=segment_statistics,
        wavelengthrange=wavelength_ranges,
    output:
        light_curve=report(
            "<results>/{product}_lc.ecsv",
            caption="../report/light_curve.rst",
            category="Light curves",
            labels={"product": "{product}", "kind": "with errors and flags"},
        ),
    log:
        "<logs>/light_curve/{product}.log",
    wildcard_constraints:
        product=any_of(PRODUCTS),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        segments=segments_of_product,
        options=lookup("white_light", within=config),
        replaced=not config["pixel_replace"]["skip"],
        code=code("light_curve"),
    script:
        "../../scripts/light_curve.py"


rule spectroscopic_light_curves:
    """Sum the spectra in bins of wavelength."""
    input:
        spectra=segment_spectra,
        statistics=segment_statistics,
    output:
        light_curves="<results>/{product}_speclc.fits",
    log:
        "<logs>/spectroscopic_light_curves/{product}.log",
    wildcard_constraints:
        product=products_of("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        segments=segments_of_product,
        options=lookup("spectroscopic_light_curves", within=config),
        replaced=not config["pixel_replace"]["skip"],
        code=code("spectroscopic_light_curves"),
    script:
        "../../scripts/spectroscopic_light_curves.py"


rule diagnose:
    """Measure noise, seams, flags and drifts of a visit."""
    input:
        light_curve="<results>/{product}_lc.ecsv",
        spectra=spectra_of_product,
        statistics=segment_statistics,
    output:
        diagnostics="<results>/{product}_diagnostics.json",
        plot_data="<results>/segments/{product}_diagnostics.npz",
    log:
        "<logs>/diagnose/{product}.log",
    wildcard_constraints:
        product=any_of(PRODUCTS),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        product="{product}",
        segments=segments_of_product,
        exposure_integrations=exposure_integrations,
        replaced=not config["pixel_replace"]["skip"],
        code=code("diagnose"),
    script:
        "../../scripts/diagnose.py"


rule report_spectroscopy:
    """Plot a visit of spectra and write its report."""
    input:
        diagnostics="<results>/{product}_diagnostics.json",
        plot_data="<results>/segments/{product}_diagnostics.npz",
        light_curve="<results>/{product}_lc.ecsv",
        member=first_member,
    output:
        **plot_files("spectroscopy"),
        report=report(
            "<results>/{product}_report.html",
            caption="../report/visit.rst",
            category="Report",
            labels={"product": "{product}"},
        ),
    log:
        "<logs>/report_visit/{product}.log",
    wildcard_constraints:
        product=products_of("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        branch="spectroscopy",
        names=job_names,
        association=asn_table,
        settings=settings,
        code=code("report_visit"),
    script:
        "../../scripts/report_visit.py"


use rule report_spectroscopy as report_imaging with:
    output:
        **plot_files("imaging"),
        report=report(
            "<results>/{product}_report.html",
            caption="../report/visit.rst",
            category="Report",
            labels={"product": "{product}"},
        ),
    wildcard_constraints:
        product=products_of("imaging"),
    params:
        branch="imaging",
        names=job_names,
        association=asn_table,
        settings=settings,
        code=code("report_visit"),


rule summarise:
    """Make a table of all visits."""
    input:
        diagnostics=all_diagnostics,
    output:
        table="<results>/summary.ecsv",
        page=report(
            "<results>/summary.html",
            caption="../report/summary.rst",
            category="Report",
            labels={"product": "all"},
        ),
    log:
        "<logs>/summarise.log",
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code("summarise"),
    script:
        "../../scripts/summarise.py"
