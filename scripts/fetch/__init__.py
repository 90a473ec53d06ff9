"""Fetch calibrated segments from MAST and reference files from CRDS: ``python -m scripts.fetch``."""
