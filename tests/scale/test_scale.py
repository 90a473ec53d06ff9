"""Planning of a campaign, small enough for every run of the tests."""

import pytest

from tests.scale.campaign import PRODUCT, plan, write_campaign
from tests.workflow.test_dag import ARCHIVE_ONLY


@pytest.mark.slow
def test_campaign_is_planned(tmp_path):
    visits, segments = 3, 20
    write_campaign(tmp_path, visits, segments, **ARCHIVE_ONLY)
    jobs, seconds, peak_mb = plan(tmp_path)
    assert jobs == visits * (2 * segments + 2) + 1
    # 100 times as many segments take less than 60 s and 1 GB.
    assert seconds < 60
    assert peak_mb < 1000
    jobs, *_ = plan(tmp_path, f"results/{PRODUCT.format(2)}_x1dints.fits")
    assert jobs == 2 * segments + 1
    jobs, *_ = plan(tmp_path, "--batch", "all=1/3")
    assert 0 < jobs < visits * (2 * segments + 2)
