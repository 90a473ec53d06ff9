"""Doctor: a page about the input, the planned products and their cost, and all findings."""

# Reported as a warning, as a single requested product may fit where all together do not.
if workflow.is_main_process and not asks_doctor:
    for finding in plan.space_findings():
        logger.warning(str(finding))


rule doctor:
    """Examine all segments and the machine; fail if there are errors."""
    log:
        "<logs>/doctor.log",
    localrule: True
    conda:
        "../../envs/tso3.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
    params:
        products=plan.examined_products,
        configs=plan.examined_configurations,
        references=plan.examined_references,
        loose_segments=plan.loose_segments,
        findings=plan.findings_so_far,
        output_dir=os.path.normpath(config["output_dir"]),
    script:
        "../../scripts/doctor.py"
