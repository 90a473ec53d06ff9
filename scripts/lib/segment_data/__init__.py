"""Data of a segment that steps share: plausibility, DQ, replaced pixels, medians, times, coordinates."""
