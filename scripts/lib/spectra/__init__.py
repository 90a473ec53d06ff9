"""Box extraction of spectra, its background, apertures and corrections, and the x1dints product."""
