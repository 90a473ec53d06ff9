"""Segments of an exposure, each by itself."""


rule outlier_detection:
    """Flag outliers in time and make NaN and flags agree: calints -> crfints."""
    input:
        calints=plan.calints,
    output:
        crfints=targets.CRFINTS,
        results=plan.side_output("outlier_detection", "save_results", "outlier_detection"),
        medians=plan.side_output("outlier_detection", "save_intermediate_results", "median"),
    log:
        "<logs>/outlier_detection/{segment}.log",
    benchmark:
        "<benchmarks>/outlier_detection/{segment}.tsv"
    wildcard_constraints:
        segment=plan.members.segment_pattern(),
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: spare_cores
    resources:
        mem_mb=plan.memory("outlier_detection"),
        runtime=plan.runtime("outlier_detection"),
        work_mb=plan.work_mb,
    params:
        options=plan.options("outlier_detection"),
        parameter_files=plan.parameter_records("outlier_detection"),
        asn_pool=plan.asn_pool,
        asn_table=plan.asn_table,
        input_warnings=plan.input_warnings,
        code=code("outlier_detection"),
    script:
        "../../scripts/outlier_detection.py"
