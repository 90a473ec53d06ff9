"""Light curves from a moving, measured profile: reference of a visit, outliers, fluxes, tie, decorrelation."""
