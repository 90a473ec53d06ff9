"""Light curves from a moving, measured profile; measured by `benchmarks.truth`, used by no rule yet."""
