"""Reference files in the formats of the archive."""
def nirspec_aperture_correction(*a):
    raise NotImplementedError
