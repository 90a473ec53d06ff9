import pytest

from tests.support.archive_server import serve


@pytest.fixture(name="archive")
def loopback_archive(monkeypatch):
    """A server on the loopback interface, asked without a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as archive:
        yield archive
