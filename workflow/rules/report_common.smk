"""Outputs of the report's rules that Snakemake's own report shows."""

from scripts.lib.instruments.branches import PLOTS


def light_curve_file():
    """Light-curve table of a product as output of a rule."""
    return report(
        targets.LIGHT_CURVE,
        caption="../report/light_curve.rst",
        category="Light curves",
        labels={"product": "{product}", "kind": "with errors and flags"},
    )


def depths_file():
    """Depths of a product as output of a rule."""
    return report(
        targets.DEPTHS,
        caption="../report/depths.rst",
        category="Light curves",
        labels={"product": "{product}", "kind": "depths, a quick look"},
    )


def report_outputs():
    """Diagnostics and page of a product as output of a rule."""
    return {
        "diagnostics": targets.DIAGNOSTICS,
        "report": report(
            targets.REPORT,
            caption="../report/visit.rst",
            category="Report",
            labels={"product": "{product}"},
        ),
    }


def plot_files(branch):
    """Plots of the products of a branch as output of a rule, if they are wanted as files."""
    return {
        f"{name}_svg": report(
            targets.plot_file(name),
            caption=f"../report/{name}.rst",
            category="Plots",
            labels={"product": "{product}", "plot": name.replace("_", " ")},
        )
        for name in (PLOTS[branch] if config["report"]["vector_plots"] else ())
    }
