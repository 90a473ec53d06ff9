"""NIRISS SOSS: traces, masks, boxes and calibration of overlapping spectral orders."""
