"""Layers, and what is made of them: arrays in, arrays out."""
