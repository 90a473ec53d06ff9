"""The report of a visit: plots, captions, tables and the HTML page."""
