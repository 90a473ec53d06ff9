"""Data models that write a fixed date."""

from __future__ import annotations

from typing import Any

_FILE_DATE = "2022-07-14T00:00:00.000"


def dated_model(name: str) -> type:
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

    def on_save(self: Any, path: str | None = None) -> None:
        base.on_save(self, path)
        self.meta.date = _FILE_DATE

    return type(name, (base,), {"on_save": on_save})
