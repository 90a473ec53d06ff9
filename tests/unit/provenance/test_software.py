from datetime import UTC, datetime, timedelta

import pytest

from scripts import __version__
from scripts.lib.errors import InputError
from scripts.lib.provenance.software import JWST_KEYWORDS, file_date, history_line


def test_date_that_the_environment_gives(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1657715696")
    assert file_date() == "2022-07-13T12:34:56.000"


def test_now_in_utc(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    date = datetime.fromisoformat(file_date()).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - date) < timedelta(minutes=1)
    assert len(file_date()) == len("2022-07-13T12:34:56.789")


@pytest.mark.parametrize("epoch", ["", "yesterday", "1e99", "9" * 30])
def test_no_number_of_seconds(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH: found "):
        file_date()


def test_name_and_version_of_what_made_a_product():
    assert history_line("spectra") == f"tso3flow {__version__}: spectra"
    assert JWST_KEYWORDS == {"CAL_VER": "3.0.0", "CAL_VCS": "RELEASE"}
