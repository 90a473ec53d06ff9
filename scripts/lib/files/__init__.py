"""Files that appear whole, and the formats next to FITS: ECSV, ASDF, YAML, arrays."""
