"""A page on what is there, what will be made of it at what cost, and what is wrong."""


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
        products=lambda wildcards: products,
        configs=lambda wildcards: [configuration_of(product) for product in products],
        references=lambda wildcards: [references_of(product) for product in products],
        others=lambda wildcards: segments_of_no_product(),
        findings=lambda wildcards: findings,
        output_dir=os.path.normpath(config["output_dir"]),
    script:
        "../../scripts/doctor.py"
