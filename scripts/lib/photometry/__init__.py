"""Photometry of images: centroids, fits of the star, circular apertures, table of results."""
