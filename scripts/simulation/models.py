"""Data models whose files depend on nothing but their content."""

from scripts.lib.files.asdf_tree import sort_extensions
from scripts.lib.fits.headers import read_hdus

__all__ = ["FILE_DATE", "dated_model", "save_model"]

FILE_DATE = "2022-07-14T00:00:00.000"


def dated_model(name):
    """
    Data model class that writes a fixed DATE, so that equal options give equal headers.

    Parameters
    ----------
    name : str
        Class of ``stdatamodels.jwst.datamodels``.

    Returns
    -------
    type
        Its subclass of the same name.
    """
    from stdatamodels.jwst import datamodels

    base = getattr(datamodels, name)

    def on_save(self, path=None):
        base.on_save(self, path)
        self.meta.date = FILE_DATE

    return type(name, (base,), {"on_save": on_save})


def save_model(model, path):
    """
    Write a data model, so that equal models give equal files.

    Parameters
    ----------
    model : JwstDataModel
        The model.
    path : Path
        FITS or ASDF file to write.
    """
    model.save(str(path))
    with path.open("r+b") as file:
        for start in _trees(path):
            file.seek(start)
            content = sort_extensions(file.read())
            file.seek(start)
            file.write(content)


def _trees(path):
    """Where ASDF content starts in a file; FITS files of plain tables have none."""
    if path.suffix != ".fits":
        return [0]
    return [hdu.data_offset for hdu in read_hdus(path) if hdu.name == "ASDF"]
