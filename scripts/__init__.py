"""Steps of the JWST stage-3 time-series workflow, one module per rule."""

__version__ = "0.1.0"
