"""Reference files and segments of NIRISS SOSS in the real formats, analytic and small where they can be."""

import asdf
import numpy as np
from astropy.io import fits

# Settings of extract_1d that suit these files: a coarse grid, and a factor that need not be searched.
OPTIONS = {
    "subtract_background": None,
    "soss_atoca": True,
    "soss_threshold": 1e-2,
    "soss_n_os": 2,
    "soss_rtol": 1.0,
    "soss_max_grid_size": 20000,
    "soss_tikfac": 1e-9,
    "soss_width": 40.0,
    "soss_bad_pix": "masking",
    "soss_order_3": True,
}
COLUMNS = 2048
CUTOFFS = {1: 2048, 2: 1783, 3: 1134}
# Wavelength in µm at the first column and its change over 2048 columns; row of the trace there.
_WAVELENGTHS = {1: (2.83, -1.98), 2: (1.42, -0.92), 3: (0.96, -0.65)}
_THROUGHPUTS = {1: 0.4, 2: 0.1, 3: 0.05}
_ROWS = {1: (60.0, 20.0), 2: (75.0, 130.0), 3: (120.0, 140.0)}

_TRACES_META = {
    "pwcpos_cmd": 245.76,
    "pwcpos_bounds": [245.54, 246.04],
    "wavemap_wlmin": 0.5,
    "wavemap_wlmax": 5.5,
    "wavemap_nwl": 5001,
    "subarray_ymin": 1792,
    "soss_xdim": COLUMNS,
    "soss_ydim": 300,
    "order2_separation_cutoff": [0.77, 0.95],
}


def trace_rows(order, subarray="SUBSTRIP256"):
    """Rows of a trace at the commanded position of the pupil wheel."""
    first, change = _ROWS[order]
    offset = 10 if subarray == "SUBSTRIP96" else 0
    return first + change * np.arange(COLUMNS) / COLUMNS - offset


def wavelengths(order):
    """Wavelengths of the columns of an order."""
    first, change = _WAVELENGTHS[order]
    return first + change * np.arange(COLUMNS) / COLUMNS


def write_traces(path, orders=(1, 2, 3)):
    """Write a pastasoss reference."""
    columns = np.arange(COLUMNS, dtype=float)
    grid = np.linspace(0.3, 5.5, 501)
    tree = {
        "meta": _TRACES_META,
        "traces": [
            {
                "spectral_order": order,
                "trace": np.stack([columns, trace_rows(order)], axis=1),
                "pivot_x": 1024.0,
                "pivot_y": 70.0,
                "cutoff": CUTOFFS[order],
            }
            for order in orders
        ],
        "wavecal_models": [
            {
                "spectral_order": order,
                "coefficients": np.array([*_WAVELENGTHS[order], 0.0]),
                "scale_extents": np.array([[0.0, -0.1], [COLUMNS, 0.1]]),
            }
            for order in orders
        ],
        "throughputs": [
            {
                "spectral_order": order,
                "wavelength": grid,
                "throughput": np.full(len(grid), _THROUGHPUTS[order]),
            }
            for order in orders
        ],
    }
    asdf.AsdfFile(tree).write_to(path)


def profiles(height, orders=(1, 2, 3), padding=0):
    """Profiles with Gaussian wings, by order."""
    subarray = f"SUBSTRIP{height}"
    rows = np.arange(-padding, height + padding)[:, None]
    found = {}
    for order in orders:
        centre = np.pad(trace_rows(order, subarray), padding, mode="edge")
        profile = np.exp(-0.5 * ((rows - centre) / 7) ** 2)
        found[order] = (profile / profile.sum(axis=0)).astype("f4")
    return found


def write_profiles(path, height=256, orders=(1, 2, 3), padding=2):
    """Write a specprofile reference."""
    hdus = []
    for order, profile in profiles(height, orders, padding).items():
        hdus.append(fits.ImageHDU(profile, name="ORDER", ver=order))
        hdus[-1].header["ORDER"] = order
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)


def write_kernels(path, halfwidth=5):
    """Write a speckernel reference of Gaussians."""
    pixels = np.linspace(-halfwidth, halfwidth, 101)[:, None]
    centres = np.linspace(0.5, 3.0, 26)
    kernels = np.exp(-0.5 * (pixels / 1.2) ** 2) * np.ones(26)
    hdus = [
        fits.ImageHDU((np.ones((101, 1)) * centres).astype("f4"), name="WAVELENGTHS"),
        fits.ImageHDU(kernels.astype("f4"), name="KERNELS"),
    ]
    hdus[1].header["HALFWIDT"] = halfwidth
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)


def write_photom(path, orders=(1, 2), scale=1.0, coefficients=None):
    """Write a photom reference, of responses 1 to 3 times ten times the order."""
    n = len(orders)
    columns = [
        fits.Column("filter", "12A", array=["CLEAR"] * n),
        fits.Column("pupil", "15A", array=["GR700XD"] * n),
        fits.Column("order", "I", array=orders),
        fits.Column("photmj", "E", array=[10.0 * order for order in orders]),
        fits.Column("nelem", "I", array=[3] * n),
        fits.Column("wavelength", "4E", array=np.array([[2.0, 1.0, 3.0, 0.0]] * n) * scale),
        fits.Column("relresponse", "4E", array=[[2.0, 1.0, 3.0, 77.0]] * n),
    ]
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="PHOTOM")]
    for name, values in (coefficients or {}).items():
        columns = [fits.Column(key, "E", array=[value] * n) for key, value in values.items()]
        hdus.append(fits.BinTableHDU.from_columns(columns, name=name))
    fits.HDUList(hdus).writeto(path)
    return path


def rate(order):
    """Light per column of an order: that of a spectrum falling as 1 / wavelength, 1000 in order 1."""
    return 1000 * (_THROUGHPUTS[order] * _WAVELENGTHS[order][1]) / (0.4 * _WAVELENGTHS[1][1])


def images(n_integrations=3, height=256):
    """Count rates of three orders with noise."""
    generator = np.random.default_rng(8)
    image = sum(
        profile * np.where(np.arange(COLUMNS) < CUTOFFS[order], rate(order), 0)
        for order, profile in profiles(height).items()
    )
    error = np.sqrt(image / 100 + 0.1)
    noise = generator.normal(size=(n_integrations, *image.shape))
    science = (image + error * noise).astype("f4")
    return science, np.broadcast_to(error.astype("f4"), science.shape).copy()


def write_segment(path, n_integrations=3, height=256, **keywords):
    """Write a crfints segment."""
    science, error = images(n_integrations, height)
    dq = np.zeros(science.shape, np.uint32)
    science[:, 60, 100], error[:, 60, 100], dq[:, 60, 100] = np.nan, np.nan, 1
    science[1, 65, 200], error[1, 65, 200], dq[1, 65, 200] = np.nan, np.nan, 17
    primary = fits.PrimaryHDU()
    primary.header.update(
        {
            "EXP_TYPE": "NIS_SOSS",
            "FILTER": "CLEAR",
            "PUPIL": "GR700XD",
            "SUBARRAY": f"SUBSTRIP{height}",
            "PWCPOS": 245.76,
            "INTSTART": 4,
            "INTEND": 3 + n_integrations,
            "EXSEGNUM": 2,
            "S_OUTLIR": "COMPLETE",
        }
        | keywords
    )
    times = np.zeros(
        n_integrations,
        [("integration_number", "i4")]
        + [
            (f"int_{moment}_{kind}", "f8")
            for kind in ("MJD_UTC", "BJD_TDB")
            for moment in ("start", "mid", "end")
        ],
    )
    times["integration_number"] = 4 + np.arange(n_integrations)
    times["int_mid_MJD_UTC"] = 60000 + np.arange(n_integrations)
    planes = {"SCI": science, "ERR": error, "DQ": dq}
    hdus = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    table = fits.BinTableHDU(times, name="INT_TIMES")
    fits.HDUList([primary, *hdus, table]).writeto(path)


def write_visit(folder, n_integrations=3):
    """Write a segment and the references that fit it, each named by its kind."""
    write_traces(folder / "pastasoss.asdf")
    write_profiles(folder / "specprofile.fits")
    write_kernels(folder / "speckernel.fits")
    write_segment(folder / "segment.fits", n_integrations)
    return folder
