"""Light curves of our own: reading of segments, their models, sums, bins, corrections, quality, products."""
