"""Light curves of our own with errors and flags: statistics of segments, sums, wavelength bins."""
