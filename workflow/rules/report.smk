"""Light-curve tables, diagnostics, plots and report of each visit."""


rule visit_reference:
    """Measure what the integrations of a visit and detector have in common."""
    input:
        segments=plan.reference_segments,
        pastasoss=plan.reference("pastasoss"),
        specprofile=plan.reference("specprofile"),
        gain=plan.reference("gain"),
    output:
        reference=targets.REFERENCE,
    log:
        "<logs>/visit_reference/{segment}.log",
    wildcard_constraints:
        segment=plan.members.segment_pattern(),
    priority: 2
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("visit_reference"),
        runtime=plan.runtime("visit_reference"),
    params:
        background=lookup("improved/background", within=config),
        lengths=plan.reference_lengths,
        search_box_width=plan.search_box,
        code=code("visit_reference"),
    script:
        "../../scripts/visit_reference.py"


rule model_segment:
    """Compare a segment with the reference of its visit: fluxes, positions and outliers of our own."""
    input:
        segment=plan.calints,
        before=plan.neighbour(-1),
        after=plan.neighbour(1),
        reference=plan.visit_reference,
        flagged=plan.flagged_segment,
        spectra=plan.spectra_file,
        photometry=plan.photometry_file,
        pastasoss=plan.reference("pastasoss"),
        photom=plan.reference("photom"),
        gain=plan.reference("gain"),
    output:
        model=targets.MODEL,
        statistics=targets.STATISTICS,
        masks=plan.masks_output(),
    log:
        "<logs>/model_segment/{segment}.log",
    benchmark:
        "<benchmarks>/model_segment/{segment}.tsv"
    wildcard_constraints:
        segment=plan.members.segment_pattern(),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("model_segment"),
        runtime=plan.runtime("model_segment"),
    params:
        snr=lookup("improved/snr", within=config),
        window=lookup("improved/window", within=config),
        photometry=plan.options("tso_photometry"),
        code=code("model_segment"),
    script:
        "../../scripts/model_segment.py"


rule light_curve_spectroscopy:
    """Make our light curves of spectra: table with errors and quality, spectra, and bins of wavelength."""
    input:
        spectra=plan.spectra_files,
        models=plan.model_files,
        visit_references=plan.visit_references,
        statistics=plan.statistics_files,
        wavelengthrange=plan.wavelength_ranges,
    output:
        light_curve=light_curve_file(),
        spectra=targets.SPECTRA,
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
        decorrelate=lookup("improved/decorrelate", within=config),
        bins=lookup("spectroscopic_light_curves", within=config),
        input_warnings=plan.input_warnings,
        code=code("light_curve"),
    script:
        "../../scripts/light_curve.py"


use rule light_curve_spectroscopy as light_curve_imaging with:
    """Make our light curve of images: flux with errors, quality and the position of the star."""
    input:
        photometry=plan.photometry_files,
        segments=plan.flagged_segments,
        models=plan.model_files,
        visit_references=plan.visit_references,
        statistics=plan.statistics_files,
    output:
        light_curve=light_curve_file(),
    wildcard_constraints:
        product=plan.members.product_pattern("imaging"),
    params:
        segments=plan.segment_records,
        decorrelate=lookup("improved/decorrelate", within=config),
        input_warnings=plan.input_warnings,
        code=code("light_curve"),


rule export_product:
    """Write our light curves and spectra in the layout of another tool."""
    input:
        light_curve=targets.LIGHT_CURVE,
        own_spectra=plan.own_spectra,
        binned=plan.own_bins,
    output:
        folder=directory(targets.EXPORT),
    log:
        "<logs>/export_product/{product}_{layout}.log",
    wildcard_constraints:
        product=plan.members.product_pattern(),
        layout="eureka|xarray",
    conda:
        "../../envs/export.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("export_product"),
        runtime=plan.runtime("export_product"),
    params:
        product="{product}",
        layout="{layout}",
        code=code("export_product"),
    script:
        "../../scripts/export_product.py"


rule fit_depths_spectroscopy:
    """Fit the depth of a transit or eclipse in white light and in bins of wavelength."""
    input:
        light_curve=targets.LIGHT_CURVE,
        binned=plan.binned_output(),
    output:
        depths=depths_file(),
    log:
        "<logs>/fit_depths/{product}.log",
    wildcard_constraints:
        product=plan.members.product_pattern("spectroscopy"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("fit_depths"),
        runtime=plan.runtime("fit_depths"),
    params:
        code=code("fit_depths"),
    script:
        "../../scripts/fit_depths.py"


use rule fit_depths_spectroscopy as fit_depths_imaging with:
    """Fit the depth of a transit or eclipse of images."""
    input:
        light_curve=targets.LIGHT_CURVE,
    output:
        depths=depths_file(),
    wildcard_constraints:
        product=plan.members.product_pattern("imaging"),
    params:
        code=code("fit_depths"),


rule report_spectroscopy:
    """Measure noise, seams, flags and drifts of a visit of spectra, plot them and write its report."""
    input:
        light_curve=targets.LIGHT_CURVE,
        depths=targets.DEPTHS,
        spectra=targets.SPECTRA,
        binned=plan.binned_output(),
        models=plan.model_files,
        visit_references=plan.visit_references,
        statistics=plan.statistics_files,
        segments=plan.sampled_segments,
        products=plan.files_before_report,
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
        depths=targets.DEPTHS,
        models=plan.model_files,
        visit_references=plan.visit_references,
        statistics=plan.statistics_files,
        segments=plan.sampled_segments,
        products=plan.files_before_report,
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
    """Make tables of all visits: light curves, depths and the cost of the jobs."""
    input:
        diagnostics=plan.all_diagnostics,
        depths=plan.all_depths,
    output:
        curves=targets.SUMMARY_TABLE,
        depths=targets.SUMMARY_DEPTHS,
        costs=targets.SUMMARY_COSTS,
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
        names=plan.all_job_names,
        code=code("summarise"),
    script:
        "../../scripts/summarise.py"


rule convert_summary:
    """Write a table of all visits in another format."""
    input:
        table="<results>/{summary}.ecsv",
    output:
        converted=targets.SUMMARY_COPY,
    log:
        "<logs>/convert_summary/{summary}_{format}.log",
    wildcard_constraints:
        summary="summary|summary_depths|summary_costs",
        format="csv|parquet",
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code("convert_summary"),
    script:
        "../../scripts/convert_summary.py"
