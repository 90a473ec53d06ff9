"""Changes of simulated MIRI LRS visits for the comparison with jwst."""

from scripts.simulation.models import dated_model, save_model

__all__ = ["open_box"]


def open_box(folder):
    """
    Let the world coordinates hold in the whole image.

    Next to their border the simulated wavelengths are all equal across the dispersion, where jwst
    takes the order that an unstable sort gives them.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    """
    for path in sorted(folder.glob("*_calints.fits")):
        with dated_model("SlitModel")(path) as model:
            height, width = model.data.shape[-2:]
            model.meta.wcs.bounding_box = ((-0.5, width - 0.5), (-0.5, height - 0.5))
            save_model(model, path)
