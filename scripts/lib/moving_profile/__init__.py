"""Arithmetic of our own light curves, in memory: the star's moving profile, measured in the visit."""
