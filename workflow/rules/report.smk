"""Light-curve tables, diagnostics, plots and report of each visit."""


rule segment_statistics:
    """Measure the median image, the flags, and the trace or aperture of one segment."""
    input:
        segment=plan.flagged_segment,
        spectra=plan.spectra_file,
        photometry=plan.photometry_file,
    output:
        statistics=targets.STATISTICS,
    log:
        "<logs>/segment_statistics/{segment}.log",
    wildcard_constraints:
        segment=plan.members.segment_pattern(),
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("segment_statistics"),
        runtime=plan.runtime("segment_statistics"),
    params:
        photometry=plan.options("tso_photometry"),
        code=code("segment_statistics"),
    script:
        "../../scripts/segment_statistics.py"


rule light_curve_spectroscopy:
    """Make tables of flux, errors, flags and position of the trace, in white light and in bins."""
    input:
        spectra=plan.spectra_files,
        statistics=plan.statistics_files,
        wavelengthrange=plan.wavelength_ranges,
    output:
        light_curve=light_curve_file(),
        binned=plan.binned_output(),
    log:
        "<logs>/light_curve/{product}.log",
    wildcard_constraints:
        product=plan.members.product_pattern("spectroscopy"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("light_curve"),
        runtime=plan.runtime("light_curve"),
    params:
        segments=plan.segment_records,
        options=plan.options("white_light"),
        bins=lookup("spectroscopic_light_curves", within=config),
        replaced=plan.replaces_pixels,
        input_warnings=plan.input_warnings,
        code=code("light_curve"),
    script:
        "../../scripts/light_curve.py"


use rule light_curve_spectroscopy as light_curve_imaging with:
    """Make the table of flux, errors, flags and position of the star."""
    input:
        photometry=plan.photometry_files,
        segments=plan.flagged_segments,
        statistics=plan.statistics_files,
    output:
        light_curve=light_curve_file(),
    wildcard_constraints:
        product=plan.members.product_pattern("imaging"),
    params:
        segments=plan.segment_records,
        input_warnings=plan.input_warnings,
        code=code("light_curve"),


rule report_spectroscopy:
    """Measure noise, seams, flags and drifts of a visit of spectra, plot them and write its report."""
    input:
        light_curve=targets.LIGHT_CURVE,
        spectra=plan.spectra_files,
        statistics=plan.statistics_files,
        member=plan.first_member,
    output:
        **plot_files("spectroscopy"),
        **report_outputs(),
    log:
        "<logs>/report_visit/{product}.log",
    wildcard_constraints:
        product=plan.members.product_pattern("spectroscopy"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("report_visit"),
        runtime=plan.runtime("report_visit"),
    params:
        product="{product}",
        branch="spectroscopy",
        segments=plan.segment_records,
        exposure_integrations=plan.exposure_integrations,
        replaced=plan.replaces_pixels,
        names=plan.job_names,
        association=plan.asn_table,
        settings=plan.product_settings,
        code=code("report_visit"),
    script:
        "../../scripts/report_visit.py"


use rule report_spectroscopy as report_imaging with:
    """Measure noise, seams, flags and drifts of a visit of images, plot them and write its report."""
    input:
        light_curve=targets.LIGHT_CURVE,
        statistics=plan.statistics_files,
        member=plan.first_member,
    output:
        **plot_files("imaging"),
        **report_outputs(),
    wildcard_constraints:
        product=plan.members.product_pattern("imaging"),
    params:
        product="{product}",
        branch="imaging",
        segments=plan.segment_records,
        exposure_integrations=plan.exposure_integrations,
        names=plan.job_names,
        association=plan.asn_table,
        settings=plan.product_settings,
        code=code("report_visit"),


rule summarise:
    """Make a table of all visits."""
    input:
        diagnostics=plan.all_diagnostics,
    output:
        table=targets.SUMMARY_TABLE,
        page=report(
            targets.SUMMARY_PAGE,
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
