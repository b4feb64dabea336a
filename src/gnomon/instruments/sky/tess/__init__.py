"""Files of TESS: light curves, cutouts, and what their flags mean."""
