"""Modules of a workflow that Snakemake reads from a git host, as after ``snakedeploy``."""

# Python cannot import them from there. Snakemake copies the files that it is asked for, and the paths
# below the folder of its copies are those of the repository.
if not workflow.current_basedir.is_local:
    import sys
    from pathlib import Path

    copied = str(Path(workflow.source_path("../../scripts/__init__.py")).parents[1])
    if copied not in sys.path:
        sys.path.insert(0, copied)
    workflow.source_path("../../scripts/lib/provenance/source_digest.py")
    workflow.source_path("../schemas/config.schema.yaml")

    from scripts.lib.provenance.source_digest import used_files

    used_files(
        [
            "Snakefile",
            "workflow/rules/common.smk",
            "workflow/rules/output_folder.smk",
            "workflow/rules/report_common.smk",
        ],
        lambda path: Path(workflow.source_path(f"../../{path}")).read_text(encoding="utf-8"),
    )
