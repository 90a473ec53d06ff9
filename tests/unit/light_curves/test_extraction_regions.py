import numpy as np

from scripts.lib.files.atomic import write_arrays
from scripts.lib.light_curves.extraction_regions import read_statistics


def test_single_region_is_that_of_every_order(tmp_path):
    write_arrays(tmp_path / "a", {"all/outliers": np.ones(1)})
    assert read_statistics(tmp_path / "a", -1)["outliers"].tolist() == [1.0]
