"""Pictures of light curves and periodograms."""
