"""What is computed of light curves: arrays in, arrays out."""
