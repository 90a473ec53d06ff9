"""A page on what is there, what will be made of it at what cost, and what is wrong."""

# A product that is asked for by its name may have room where all have not, so this stops no run.
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
