"""The table of files: what is there, with sizes, the most wanted first."""

from scripts.lib.report.product_tables import products_table


def test_files_have_their_size_and_segments_are_one_row(tmp_path):
    sizes = {"p_x1dints.fits": 3000, "s1_crfints.fits": 10, "s2_crfints.fits": 20, "p_lc.ecsv": 5}
    for name, size in (sizes | {"p_new.dat": 7}).items():
        (tmp_path / name).write_bytes(b"x" * size)
    names = [*sizes, "p_new.dat", "p_missing.fits"]
    table = products_table(str(tmp_path / name) for name in names)
    assert [[row[0], row[2]] for row in table.rows] == [
        ["p_lc.ecsv", "5 B"],
        ["p_x1dints.fits", "3.0 kB"],
        ["2 files *_crfints.fits", "30 B"],
        ["p_new.dat", "7 B"],
    ]
    assert table.rows[1][3] == "astropy.io.fits, jwst.datamodels"


def test_without_files_there_is_a_sentence():
    assert products_table([]).without_rows == "No file is next to this page."
