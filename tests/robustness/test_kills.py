"""What the campaign of kills leaves out of its comparison."""

from tests.robustness.kills import without_costs

PAGE = (
    b"<table><tr><td>a</td></tr></table>"
    b"<table>\n<tr><th>Peak memory of a job (MB)</th></tr><tr><td>7</td></tr></table>"
    b"<table><tr><td>b</td></tr></table>"
)


def test_of_a_page_only_the_table_of_costs_is_left_out():
    kept = b"<table><tr><td>a</td></tr></table><table><tr><td>b</td></tr></table>"
    assert without_costs(PAGE) == kept
    assert without_costs(kept) == kept
