"""Smooth spatial profile of a segment's median image, fitted with splines column by column."""
