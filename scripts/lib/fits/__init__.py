"""FITS headers, cards, tables and data by block, read and written without astropy."""
