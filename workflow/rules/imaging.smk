"""Imaging: segments -> photometry table."""


rule tso_photometry:
    """Measure the source in every integration of one segment."""
    input:
        segment=flagged_segment,
        gain=reference("gain"),
    output:
        photometry="<results>/segments/{segment}_photometry.fits",
    log:
        "<logs>/tso_photometry/{segment}.log",
    benchmark:
        "<benchmarks>/tso_photometry/{segment}.tsv"
    wildcard_constraints:
        segment=segments_of("imaging"),
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("tso_photometry"),
        runtime=runtime_of("tso_photometry"),
        work_mb=work_mb,
    params:
        options=options("tso_photometry"),
        parameter_files=parameter_records("tso_photometry"),
        input_warnings=input_warnings,
        code=code("tso_photometry"),
    script:
        "../../scripts/tso_photometry.py"


rule collect_photometry:
    """Stack the photometry of all segments."""
    input:
        photometry=segment_photometry,
        segments=flagged_segments,
        association=association,
    output:
        phot=report(
            "<results>/{product}_phot.ecsv",
            caption="../report/phot.rst",
            category="Light curves",
            labels={"product": "{product}", "kind": "aperture photometry"},
        ),
    log:
        "<logs>/collect_photometry/{product}.log",
    wildcard_constraints:
        product=products_of("imaging"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("collect_photometry"),
        runtime=runtime_of("collect_photometry"),
        work_mb=work_mb,
    params:
        reference_files=photometry_records,
        input_warnings=input_warnings,
        code=code("collect_photometry"),
    script:
        "../../scripts/collect_photometry.py"
