import numpy as np
from astropy.io import fits

from scripts.lib.spectra.saved_spectra import save_spectra


def test_spectra_and_times_are_copied_and_the_rest_is_not(tmp_path):
    rows = np.array([(1, 2.5), (2, 3.5)], [("INT_NUM", ">i4"), ("FLUX", ">f8")])
    table = fits.BinTableHDU(rows, name="EXTRACT1D")
    table.header["S_REGION"] = "POLYGON ICRS " + "1.0 2.0 " * 20
    table.header["SPORDER"] = 2
    primary = fits.PrimaryHDU(header=fits.Header({"FILENAME": "a.fits", "TARGNAME": "X"}))
    times, aperture = fits.BinTableHDU(rows, name="INT_TIMES"), fits.ImageHDU(name="APERTURE")
    source, path = tmp_path / "a.fits", tmp_path / "b_extract_1d.fits"
    fits.HDUList([primary, times, table, aperture]).writeto(source)
    save_spectra(source, path)
    with fits.open(path) as made:
        made.verify("exception")
        assert [hdu.name for hdu in made] == ["PRIMARY", "INT_TIMES", "EXTRACT1D"]
        header = made["EXTRACT1D"].header
        assert (header["SPORDER"], "S_REGION" in header) == (2, False)
        assert made["EXTRACT1D"].data.tobytes() == rows.tobytes()
        assert made[0].header["FILENAME"] == "b_extract_1d.fits"
        assert made[0].header["TARGNAME"] == "X"
        assert "CONTINUE" not in header
