"""ATOCA: models of overlapping NIRISS SOSS orders, fitted to the detector together."""
