"""Which reference and parameter files a segment has, and how they are found."""
