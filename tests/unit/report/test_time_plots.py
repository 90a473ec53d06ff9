"""Plots against time: what is known is drawn with its texts, and nothing else."""

import numpy as np

from scripts.lib.report.time_plots import background, flags, position, white_light
from tests.support.plotted import COUNT, drawn, entries, plotted_curve, texts_in, titles_in


def test_white_light_has_both_products_the_model_and_errors():
    (panel,) = white_light([plotted_curve()])
    assert entries(panel) == ["archive's product", "seam of segments", "model", "ours", "flagged"]
    svg = drawn(panel)
    titles = titles_in(svg)
    assert len(titles) == 2 * COUNT
    assert titles[0] == "integration 1, BJD 2459770.51000, flux 1.001000 ± 0.001000, no flag"
    assert titles[-1] == "integration 12, BJD 2459770.62000, residual -1000 ± 1000 ppm, no flag"
    # Points are drawn after the line of the model, so that they are above it.
    middle = panel.axes[1].inside.svg()
    assert middle.index('fill="none"') < middle.index("<title>")


def test_ours_and_the_archives_flux_have_one_scale_unless_that_hides_ours():
    (panel,) = white_light([plotted_curve()])
    assert panel.axes[0].y == panel.axes[1].y
    noisy = plotted_curve(rows={"flux_raw": np.linspace(1.0, 3.0, COUNT)})
    (panel,) = white_light([noisy])
    assert panel.axes[0].y.high > 1.4
    assert panel.axes[1].y.high < 1.01


def test_compared_curves_have_one_scale():
    first, second = white_light([plotted_curve(), plotted_curve("NRS2")])
    assert first.axes[1].y == second.axes[1].y
    assert first.axes[2].y == second.axes[2].y


def test_a_curve_without_a_model_says_so():
    (panel,) = white_light([plotted_curve(model=None, residuals=None)])
    assert "too few integrations for a model" in texts_in(drawn(panel))
    assert "model" not in entries(panel)


def test_positions_that_are_not_known_have_no_axes():
    (panel,) = position([plotted_curve()])
    assert [axes.y_label for axes in panel.axes] == ["x shift (pixels)", "Width (pixels)"]
    unknown = dict.fromkeys(("x", "y", "width"), np.full(COUNT, np.nan))
    assert position([plotted_curve(rows=unknown)]) == []


def test_a_background_that_was_not_measured_is_not_drawn():
    (panel,) = background([plotted_curve()])
    assert panel.axes[0].y_label == "Background (10⁻⁶ Jy)"
    for values in (np.full(COUNT, np.nan), np.zeros(COUNT)):
        assert background([plotted_curve(rows={"background": values})]) == []


def test_bursts_of_flags_are_named_by_their_integration():
    bursts = [{"integration": 4, "fraction": 0.6}, {"integration": 99, "fraction": 0.9}]
    fractions = np.zeros((COUNT, 3))
    fractions[3, 0] = 0.6
    (panel,) = flags([plotted_curve(metrics={"bursts": bursts}, outlier_fractions=fractions)])
    svg = drawn(panel)
    assert ">4</text>" in svg
    assert "99" not in texts_in(svg)
    assert "integration 4, BJD 2459770.54000, 60 % flagged, no flag" in titles_in(svg)


def test_flags_that_are_compared_have_one_scale():
    first, second = flags(
        [plotted_curve(), plotted_curve("NRS2", rows={"n_outliers": np.full(COUNT, 9)})]
    )
    assert first.axes[0].y == second.axes[0].y
    assert first.axes[1].y == second.axes[1].y


def test_names_of_bursts_do_not_touch():
    bursts = [{"integration": k, "fraction": 0.2 + 0.01 * k} for k in range(1, 13)]
    (panel,) = flags([plotted_curve(count=240, metrics={"bursts": bursts})])
    assert panel.axes[0].inside.svg().count("<text") == 1


def test_flags_of_other_integrations_are_not_drawn():
    fractions = np.zeros((COUNT - 1, 3))
    (panel,) = flags([plotted_curve(outlier_fractions=fractions)])
    assert [axes.y_label for axes in panel.axes] == ["Our outliers"]
