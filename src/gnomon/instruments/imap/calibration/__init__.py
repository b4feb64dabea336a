"""Calibration: layers, their sum, and what it makes of science vectors.

Arrays in, arrays out; `layer_files`, `science_files` and `products` know the files.
"""
