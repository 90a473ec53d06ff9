"""Data of a segment that several steps use: DQ, replaced pixels, medians, times, coordinates."""
