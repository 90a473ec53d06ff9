"""NIRISS SOSS: traces, masks, background, boxes and calibration of overlapping spectral orders."""
