"""Segments of an exposure, each by itself."""


rule outlier_detection:
    """Flag outliers in time and make NaN and flags agree: calints -> crfints."""
    input:
        calints=calints,
    output:
        crfints="<results>/{segment}_crfints.fits",
    log:
        "<logs>/outlier_detection/{segment}.log",
    benchmark:
        "<benchmarks>/outlier_detection/{segment}.tsv"
    wildcard_constraints:
        segment=any_of(SEGMENTS),
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: spare_cores
    resources:
        mem_mb=memory_of("outlier_detection"),
        runtime=runtime_of("outlier_detection"),
        work_mb=work_mb,
    params:
        options=options("outlier_detection"),
        parameter_files=parameter_records("outlier_detection"),
        asn_pool=asn_pool,
        asn_table=asn_table,
        input_warnings=input_warnings,
        code=code("outlier_detection"),
    script:
        "../../scripts/outlier_detection.py"
