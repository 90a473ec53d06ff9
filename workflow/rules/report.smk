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
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("segment_statistics"),
        runtime=runtime_of("segment_statistics"),
    params:
        photometry=options("tso_photometry"),
        code=code("segment_statistics"),
    script:
        "../../scripts/segment_statistics.py"


rule light_curve_spectroscopy:
    """Make tables of flux, errors, flags and place of the trace, in white light and in bins."""
    input:
        spectra=segment_spectra,
        statistics=segment_statistics,
        wavelengthrange=wavelength_ranges,
    output:
        light_curve=light_curve_file(),
        binned=binned_file(),
    log:
        "<logs>/light_curve/{product}.log",
    wildcard_constraints:
        product=products_of("spectroscopy"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("light_curve"),
        runtime=runtime_of("light_curve"),
    params:
        segments=segments_of_product,
        options=options("white_light"),
        bins=lookup("spectroscopic_light_curves", within=config),
        replaced=replaces_pixels,
        carried=input_warnings,
        code=code("light_curve"),
    script:
        "../../scripts/light_curve.py"


use rule light_curve_spectroscopy as light_curve_imaging with:
    input:
        photometry=segment_photometry,
        segments=flagged_segments,
        statistics=segment_statistics,
    output:
        light_curve=light_curve_file(),
    wildcard_constraints:
        product=products_of("imaging"),
    params:
        segments=segments_of_product,
        carried=input_warnings,
        code=code("light_curve"),


rule report_spectroscopy:
    """Measure noise, seams, flags and drifts of a visit of spectra, plot them and write its report."""
    input:
        light_curve="<results>/{product}_lc.ecsv",
        spectra=segment_spectra,
        statistics=segment_statistics,
        member=first_member,
    output:
        **plot_files("spectroscopy"),
        **report_outputs(),
    log:
        "<logs>/report_visit/{product}.log",
    wildcard_constraints:
        product=products_of("spectroscopy"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("report_visit"),
        runtime=runtime_of("report_visit"),
    params:
        product="{product}",
        branch="spectroscopy",
        segments=segments_of_product,
        exposure_integrations=exposure_integrations,
        replaced=replaces_pixels,
        names=job_names,
        association=asn_table,
        settings=settings,
        code=code("report_visit"),
    script:
        "../../scripts/report_visit.py"


use rule report_spectroscopy as report_imaging with:
    input:
        light_curve="<results>/{product}_lc.ecsv",
        statistics=segment_statistics,
        member=first_member,
    output:
        **plot_files("imaging"),
        **report_outputs(),
    wildcard_constraints:
        product=products_of("imaging"),
    params:
        product="{product}",
        branch="imaging",
        segments=segments_of_product,
        exposure_integrations=exposure_integrations,
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
