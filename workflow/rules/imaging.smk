"""Imaging: segments -> photometry table; no product has this branch yet."""
