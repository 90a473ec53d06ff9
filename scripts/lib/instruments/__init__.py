"""Facts of modes, detectors and subarrays; no data are read here."""
