"""Quality of a light curve: noise, jumps, transits, a quick model, and a verdict on all of it."""
