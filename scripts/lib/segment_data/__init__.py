"""What several steps need of a segment: DQ, replaced pixels, medians, times, world coordinates."""
