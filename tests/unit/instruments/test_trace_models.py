import pytest

from scripts.lib.instruments.trace_models import why_no_trace_model


@pytest.mark.parametrize(
    ("exp_type", "data_model", "reason"),
    [
        ("NRS_BRIGHTOBJ", "SlitModel", None),
        ("MIR_LRS-SLITLESS", "SlitModel", None),
        ("MIR_LRS-SLITLESS", "CubeModel", "DATAMODL: found CubeModel, expected SlitModel"),
        ("NRC_TSGRISM", "SlitModel", "EXP_TYPE: found NRC_TSGRISM, expected spectra of NIRSpec"),
        ("NIS_SOSS", "CubeModel", "EXP_TYPE: found NIS_SOSS"),
    ],
)
def test_reason(exp_type, data_model, reason):
    found = why_no_trace_model({"EXP_TYPE": exp_type, "DATAMODL": data_model})
    assert found is None if reason is None else found.startswith(reason)
