"""Calibration, filters, noise and pointing: arrays in, arrays out."""
