from types import SimpleNamespace

import pytest

from scripts.lib.trace_model import steps

SLIT = {"EXP_TYPE": "NRS_BRIGHTOBJ", "DATAMODL": "SlitModel"}
CUBE = {"EXP_TYPE": "MIR_LRS-SLITLESS", "DATAMODL": "CubeModel"}
SOSS = {"EXP_TYPE": "NIS_SOSS", "DATAMODL": "CubeModel"}
GRISM = {"EXP_TYPE": "NRC_TSGRISM", "DATAMODL": "SlitModel"}
OFF, ON = {"skip": True, "slope_limit": 7.0}, {"skip": False, "slope_limit": 7.0}
BY_MODEL, BY_OTHER = ({"skip": False, "algorithm": name} for name in ("trace_model", "mingrad"))
NOT = {"skip": True, "algorithm": "trace_model"}


@pytest.mark.parametrize(
    ("primary", "options", "replacement", "slope_limit", "status"),
    [
        (SLIT, OFF, NOT, None, "SKIPPED"),
        (SLIT, OFF, BY_OTHER, None, "SKIPPED"),
        (SLIT, ON, NOT, 7.0, "COMPLETE"),
        (SLIT, ON, BY_MODEL, 7.0, "COMPLETE"),
        (SLIT, OFF, BY_MODEL, 0.1, "COMPLETE"),
        (CUBE, OFF, BY_MODEL, None, "FAILED"),
        (SOSS, OFF, BY_MODEL, None, "FAILED"),
        (SOSS, OFF, NOT, None, "SKIPPED"),
        (GRISM, OFF, BY_MODEL, None, "SKIPPED"),
        (GRISM, ON, BY_MODEL, None, "FAILED"),
    ],
)
def test_when_and_how_the_trace_is_modelled(
    monkeypatch, primary, options, replacement, slope_limit, status
):
    monkeypatch.setattr(steps, "fit_segment", lambda _, options, *__: options["slope_limit"])
    member = SimpleNamespace(primary=primary, path=SimpleNamespace(name="segment.fits"))
    assert steps.model_trace(member, options, replacement, 64) == (slope_limit, status)
