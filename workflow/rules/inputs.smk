"""Inputs as the archive gives them: compressed segments, and segments without an association."""


rule unpack_segment:
    """Decompress a calibrated segment."""
    input:
        packed=plan.packed_calints,
    output:
        # Kept only if no crfints replaces it.
        calints=targets.CALINTS if config["outlier_detection"]["skip"] else temp(targets.CALINTS),
    log:
        "<logs>/unpack_segment/{segment}.log",
    wildcard_constraints:
        segment=plan.members.packed_pattern(),
    group:
        shared_by_small
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("other"),
        runtime=plan.runtime("other"),
    params:
        code=code("unpack_segment"),
    script:
        "../../scripts/unpack_segment.py"


rule write_association:
    """Write the association of segments that were grouped because they had none."""
    output:
        association=targets.ASSOCIATION,
    log:
        "<logs>/write_association/{product}.log",
    wildcard_constraints:
        product=plan.members.group_pattern(),
    localrule: True
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    params:
        content=plan.association_content,
        code=code("write_association"),
    script:
        "../../scripts/write_association.py"
