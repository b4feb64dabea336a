"""MAST: observations, products, downloads, missions, and cutouts of TESS."""
