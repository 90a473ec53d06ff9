"""A star or spectrum measured with a moving profile: its reference, fluxes, positions and outliers."""
