"""Photometry of images: centroids, star fits, circular apertures and the table of results."""
