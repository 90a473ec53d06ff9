"""What the rules ask: targets, input files, settings, resources and the output folder."""
