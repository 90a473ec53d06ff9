"""Imaging: segments -> photometry table."""


rule tso_photometry:
    """Measure the source in every integration of one segment."""
    input:
        segment=plan.flagged_segment,
        gain=plan.reference("gain"),
    output:
        photometry=targets.PHOTOMETRY,
        catalog=plan.side_output("tso_photometry", "save_catalog", "phot"),
    log:
        "<logs>/tso_photometry/{segment}.log",
    benchmark:
        "<benchmarks>/tso_photometry/{segment}.tsv"
    wildcard_constraints:
        segment=plan.members.segment_pattern("tso_photometry"),
    priority: 1
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("tso_photometry"),
        runtime=plan.runtime("tso_photometry"),
    params:
        options=plan.options("tso_photometry"),
        parameter_files=plan.parameter_records("tso_photometry"),
        input_warnings=plan.input_warnings,
        code=code("tso_photometry"),
    script:
        "../../scripts/tso_photometry.py"


rule collect_photometry:
    """Stack the photometry of all segments."""
    input:
        photometry=plan.photometry_files,
        segments=plan.flagged_segments,
        association=plan.association,
    output:
        phot=report(
            targets.PHOT,
            caption="../report/phot.rst",
            category="Light curves",
            labels={"product": "{product}", "kind": "aperture photometry"},
        ),
    log:
        "<logs>/collect_photometry/{product}.log",
    wildcard_constraints:
        product=plan.members.product_pattern("imaging"),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("collect_photometry"),
        runtime=plan.runtime("collect_photometry"),
    params:
        reference_files=plan.photometry_records,
        input_warnings=plan.input_warnings,
        code=code("collect_photometry"),
    script:
        "../../scripts/collect_photometry.py"
