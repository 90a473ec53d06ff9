"""Light curves of our own: references of visits, models of segments, sums, tables, spectra, wavelength bins."""
