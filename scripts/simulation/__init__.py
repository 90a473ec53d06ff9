"""Simulated JWST time-series visits: star, transit, pointing, detectors, keywords and references."""
