"""Doctor: a page about the input, the planned products and their cost, and all findings."""

# This stops no run, because one for some of the products may have enough disk space all the same.
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
        others=plan.loose_segments,
        findings=plan.findings_so_far,
        output_dir=os.path.normpath(config["output_dir"]),
    script:
        "../../scripts/doctor.py"
