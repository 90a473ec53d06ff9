"""Examination of all data before a run, and the page about it."""
