"""Spectroscopy: segments -> spectra -> white-light curve."""


rule extract_1d:
    """Extract the spectra of one segment."""
    input:
        segment=flagged_segment,
        extract1d=reference("extract1d"),
        apcorr=aperture_correction,
    output:
        spectra="<results>/segments/{segment}_extract1d.fits",
    log:
        "<logs>/extract_1d/{segment}.log",
    benchmark:
        "<benchmarks>/extract_1d/{segment}.tsv"
    wildcard_constraints:
        segment=segments_of("spectroscopy"),
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("extract_1d"),
        runtime=runtime_of("extract_1d"),
        work_mb=work_mb,
    params:
        options=options("extract_1d"),
        pixel_replace=options("pixel_replace"),
        apertures=assumed_apertures,
        reference_names=reference_names("extract1d", "apcorr"),
        parameter_files=parameter_records("extract_1d", "pixel_replace"),
        input_warnings=input_warnings,
        code=code("extract_1d"),
    script:
        "../../scripts/extract_1d.py"


rule extract_soss:
    """Extract the spectral orders of one NIRISS SOSS segment."""
    input:
        segment=flagged_segment,
        pastasoss=reference("pastasoss"),
        specprofile=reference("specprofile"),
        speckernel=reference("speckernel"),
        photom=reference("photom"),
        wave_grid=soss_input("soss_wave_grid_in"),
        estimate=soss_input("soss_estimate"),
    output:
        spectra="<results>/segments/{segment}_extract1d.fits",
        trace_models=soss_output("soss_modelname", "SossExtractModel"),
        atoca_spectra=soss_output("soss_modelname", "AtocaSpectra"),
        wave_grid=soss_output("soss_wave_grid_out", "SossWaveGrid"),
    log:
        "<logs>/extract_soss/{segment}.log",
    benchmark:
        "<benchmarks>/extract_soss/{segment}.tsv"
    wildcard_constraints:
        segment=segments_of("spectroscopy", soss=True),
    priority: 1
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("extract_soss"),
        runtime=runtime_of("extract_soss"),
        work_mb=work_mb,
    params:
        options=options("extract_1d"),
        pixel_replace=options("pixel_replace"),
        reference_names=reference_names("pastasoss", "specprofile", "speckernel", "photom"),
        parameter_files=parameter_records("extract_1d", "pixel_replace"),
        input_warnings=input_warnings,
        code=code("extract_soss"),
    script:
        "../../scripts/extract_soss.py"


rule collect_spectra:
    """Put the spectra of all segments into one product."""
    input:
        spectra=segment_spectra,
        association=association,
    output:
        x1dints="<results>/{product}_x1dints.fits",
    log:
        "<logs>/collect_spectra/{product}.log",
    benchmark:
        "<benchmarks>/collect_spectra/{product}.tsv"
    wildcard_constraints:
        product=products_of("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("collect_spectra"),
        runtime=runtime_of("collect_spectra"),
        work_mb=work_mb,
    params:
        asn_pool=asn_pool,
        asn_table=asn_table,
        input_warnings=input_warnings,
        code=code("collect_spectra"),
    script:
        "../../scripts/collect_spectra.py"


rule white_light:
    """Sum the spectra over wavelength."""
    input:
        x1dints="<results>/{product}_x1dints.fits",
        wavelengthrange=wavelength_ranges,
    output:
        whtlt=report(
            "<results>/{product}_whtlt.ecsv",
            caption="../report/whtlt.rst",
            category="Light curves",
            labels={"product": "{product}", "kind": "white light"},
        ),
    log:
        "<logs>/white_light/{product}.log",
    wildcard_constraints:
        product=products_of("spectroscopy"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("white_light"),
        runtime=runtime_of("white_light"),
        work_mb=work_mb,
    params:
        options=options("white_light"),
        reference_names=wavelength_range_name,
        parameter_files=parameter_records("white_light"),
        carried=input_warnings,
        code=code("white_light"),
    script:
        "../../scripts/white_light.py"
