"""Argo floats."""
