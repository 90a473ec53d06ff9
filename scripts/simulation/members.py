"""Writing a segment as a ``_calints.fits`` file in the archive's format."""

import numpy as np

from scripts.simulation.models import dated_model, save_model

__all__ = ["write_member"]


def write_member(path, mode, view, planes, int_times, keywords):
    """
    Write one segment of one detector.

    Parameters
    ----------
    path : Path
        File to write.
    mode : Mode
        The observing mode: it names the data model.
    view : View
        Detector's WCS, wavelengths and keywords.
    planes : Planes
        Image extensions.
    int_times : ndarray
        Rows of INT_TIMES.
    keywords : dict
        Data model attributes, by dotted name, besides those of `view`.
    """
    with dated_model(mode.model)(validate_on_assignment=False) as model:
        model.data, model.err, model.dq = planes.sci, planes.err, planes.dq
        model.var_poisson, model.var_rnoise = planes.var_poisson, planes.var_rnoise
        model.var_flat = planes.var_flat
        if view.wavelengths is not None:
            model.wavelength = view.wavelengths.astype(np.float32)
        model.int_times = int_times
        for name, value in {**keywords, **view.keywords}.items():
            model[name] = value
        model.meta.wcs = view.wcs
        save_model(model, path)
