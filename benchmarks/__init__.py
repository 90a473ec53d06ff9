"""Measurements of speed and memory beside jwst; not part of the tests."""
