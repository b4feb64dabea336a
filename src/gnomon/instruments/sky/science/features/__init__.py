"""Features of light curves: numbers that say how an object varies."""
