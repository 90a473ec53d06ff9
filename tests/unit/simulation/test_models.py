"""Files of the simulator depend on nothing but their content."""

import itertools

import numpy as np
import pytest
from astropy.io import fits

from scripts.simulation.models import save_model

ENTRIES = (b"  - !x\n    extension_class: a.A\n", b"  - !x\n    extension_class: b.B\n")


class Model:
    """A model that writes its extensions in a given order, as asdf does in any."""

    def __init__(self, order):
        self.tree = b"#ASDF\nhistory:\n  extensions:\n" + b"".join(order) + b"meta: {}\n...\n"

    def save(self, path):
        """Write the tree, in FITS as the one row of a table."""
        if path.endswith(".asdf"):
            with open(path, "wb") as file:
                file.write(self.tree)
            return
        tree = np.frombuffer(self.tree, np.uint8)[np.newaxis]
        column = fits.Column("ASDF_METADATA", format=f"{tree.size}B", array=tree)
        hdus = [fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column], name="ASDF")]
        fits.HDUList(hdus).writeto(path)


@pytest.mark.parametrize("suffix", ["asdf", "fits"])
def test_order_of_extensions_does_not_matter(tmp_path, suffix):
    contents = []
    for number, order in enumerate(itertools.permutations(ENTRIES)):
        path = tmp_path / f"{number}.{suffix}"
        save_model(Model(order), path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert b"".join(ENTRIES) in contents[1]


def test_file_without_a_tree_stays(tmp_path):
    class Plain:
        def save(self, path):
            fits.PrimaryHDU(np.arange(3)).writeto(path)

    save_model(Plain(), tmp_path / "plain.fits")
    assert np.array_equal(fits.getdata(tmp_path / "plain.fits"), [0, 1, 2])
