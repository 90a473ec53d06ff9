import pytest

from scripts.lib.trace_model.fit_settings import fit_settings


@pytest.mark.parametrize(
    ("detector", "grating", "ascending", "window"),
    [("NRS1", "G395H", True, 50), ("NRS2", "G395H", False, 50), ("NRS1", "PRISM", True, 10)],
)
def test_nirspec(detector, grating, ascending, window):
    header = {"EXP_TYPE": "NRS_BRIGHTOBJ", "DETECTOR": detector, "GRATING": grating}
    settings = fit_settings(header)
    assert (settings.turned, settings.ascending, settings.window) == (False, ascending, window)
    assert settings.knots is None
    assert settings.pad == 1


@pytest.mark.parametrize(("kind", "knots", "rounds"), [("SLITLESS", 60, 2), ("FIXEDSLIT", 40, 3)])
def test_miri_is_turned(kind, knots, rounds):
    settings = fit_settings({"EXP_TYPE": f"MIR_LRS-{kind}", "DETECTOR": "MIRIMAGE"})
    assert (settings.knots, settings.rounds, settings.least_good) == (knots, rounds, 8)
    assert settings.turned
    assert not settings.ascending
