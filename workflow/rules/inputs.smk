"""Inputs as the archive gives them: compressed segments, and segments without an association."""


rule unpack_segment:
    """Decompress a calibrated segment."""
    input:
        packed=packed_calints,
    output:
        calints=unpacked_file(),
    log:
        "<logs>/unpack_segment/{segment}.log",
    wildcard_constraints:
        segment=any_of(packed_segments()),
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        code=code("unpack_segment"),
    script:
        "../../scripts/unpack_segment.py"


localrules:
    write_association,


rule write_association:
    """Write the association of segments that were grouped because they had none."""
    output:
        association="<results>/{product}_asn.json",
    log:
        "<logs>/write_association/{product}.log",
    wildcard_constraints:
        product=any_of(grouped_products()),
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    params:
        content=grouped_association,
        code=code("write_association"),
    script:
        "../../scripts/write_association.py"
