"""Simulated archives of a known ocean."""
