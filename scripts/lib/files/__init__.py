"""Files that appear only when complete, and the formats next to FITS: ECSV, ASDF, YAML, arrays."""
