"""Rolling medians over time, and the samples that deviate from them."""
