"""Measurements of speed and memory of the workflow and jwst; not part of the tests."""
