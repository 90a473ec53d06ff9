"""Running medians in time, and the samples that deviate from them."""
