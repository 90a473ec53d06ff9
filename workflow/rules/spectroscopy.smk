"""Spectroscopy: segments -> spectra -> white-light curve."""


rule extract_1d:
    """Extract the spectra of one segment."""
    input:
        segment=plan.flagged_segment,
        extract1d=plan.reference("extract1d"),
        apcorr=plan.aperture_correction,
        psf=plan.point_source,
    output:
        spectra=targets.EXTRACT1D,
        pixel_replaced=plan.side_output("pixel_replace", "save_results", "pixel_replace"),
        trace_modelled=plan.side_output(
            "adaptive_trace_model", "save_results", "adaptive_trace_model"
        ),
        spline_full=plan.side_output(
            "adaptive_trace_model", "save_intermediate_results", "spline_full"
        ),
        spline_used=plan.side_output(
            "adaptive_trace_model", "save_intermediate_results", "spline_used"
        ),
        profile=plan.side_output("extract_1d", "save_profile", "profile"),
        scene_model=plan.side_output("extract_1d", "save_scene_model", "scene_model"),
        residual=plan.side_output("extract_1d", "save_residual_image", "residual"),
        saved=plan.side_output("extract_1d", "save_results", "extract_1d"),
    log:
        "<logs>/extract_1d/{segment}.log",
    benchmark:
        "<benchmarks>/extract_1d/{segment}.tsv"
    wildcard_constraints:
        segment=plan.members.segment_pattern("extract_1d"),
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("extract_1d"),
        runtime=plan.runtime("extract_1d"),
        work_mb=plan.work_mb,
    params:
        options=plan.options("extract_1d"),
        adaptive_trace_model=plan.options("adaptive_trace_model"),
        pixel_replace=plan.options("pixel_replace"),
        apertures=plan.assumed_apertures,
        reference_names=plan.reference_names("extract1d", "apcorr", "psf"),
        parameter_files=plan.parameter_records(
            "adaptive_trace_model", "pixel_replace", "extract_1d"
        ),
        input_warnings=plan.input_warnings,
        code=code("extract_1d"),
    script:
        "../../scripts/extract_1d.py"


rule extract_soss:
    """Extract the spectral orders of one NIRISS SOSS segment."""
    input:
        segment=plan.flagged_segment,
        pastasoss=plan.reference("pastasoss"),
        specprofile=plan.reference("specprofile"),
        speckernel=plan.reference("speckernel"),
        photom=plan.reference("photom"),
        wave_grid=plan.soss_input("soss_wave_grid_in"),
        estimate=plan.soss_input("soss_estimate"),
    output:
        spectra=targets.EXTRACT1D,
        trace_models=plan.soss_output("soss_modelname", "SossExtractModel"),
        atoca_spectra=plan.soss_output("soss_modelname", "AtocaSpectra"),
        wave_grid=plan.soss_output("soss_wave_grid_out", "SossWaveGrid"),
        pixel_replaced=plan.side_output("pixel_replace", "save_results", "pixel_replace"),
        saved=plan.side_output("extract_1d", "save_results", "extract_1d"),
        calibrated=plan.side_output("photom", "save_results", "photom"),
    log:
        "<logs>/extract_soss/{segment}.log",
    benchmark:
        "<benchmarks>/extract_soss/{segment}.tsv"
    wildcard_constraints:
        segment=plan.members.segment_pattern("extract_soss"),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("extract_soss"),
        runtime=plan.runtime("extract_soss"),
        work_mb=plan.work_mb,
    params:
        options=plan.options("extract_1d"),
        adaptive_trace_model=plan.options("adaptive_trace_model"),
        pixel_replace=plan.options("pixel_replace"),
        photom=plan.options("photom"),
        reference_names=plan.reference_names("pastasoss", "specprofile", "speckernel", "photom"),
        parameter_files=plan.parameter_records(
            "adaptive_trace_model", "pixel_replace", "extract_1d", "photom"
        ),
        input_warnings=plan.input_warnings,
        code=code("extract_soss"),
    script:
        "../../scripts/extract_soss.py"


rule collect_spectra:
    """Put the spectra of all segments into one product."""
    input:
        spectra=plan.spectra_files,
        association=plan.association,
    output:
        x1dints=targets.X1DINTS,
    log:
        "<logs>/collect_spectra/{product}.log",
    benchmark:
        "<benchmarks>/collect_spectra/{product}.tsv"
    wildcard_constraints:
        product=plan.members.product_pattern("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("collect_spectra"),
        runtime=plan.runtime("collect_spectra"),
    params:
        adaptive_trace_model=plan.options("adaptive_trace_model"),
        asn_pool=plan.asn_pool,
        asn_table=plan.asn_table,
        input_warnings=plan.input_warnings,
        code=code("collect_spectra"),
    script:
        "../../scripts/collect_spectra.py"


rule white_light:
    """Sum the spectra over wavelength."""
    input:
        x1dints=targets.X1DINTS,
        wavelengthrange=plan.wavelength_ranges,
    output:
        whtlt=report(
            targets.WHTLT,
            caption="../report/whtlt.rst",
            category="Light curves",
            labels={"product": "{product}", "kind": "white light"},
        ),
    log:
        "<logs>/white_light/{product}.log",
    wildcard_constraints:
        product=plan.members.product_pattern("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("white_light"),
        runtime=plan.runtime("white_light"),
    params:
        options=plan.options("white_light"),
        reference_names=plan.wavelength_range_name,
        parameter_files=plan.parameter_records("white_light"),
        input_warnings=plan.input_warnings,
        code=code("white_light"),
    script:
        "../../scripts/white_light.py"
