"""Read and write FITS headers, cards, tables and data by block, without astropy."""
