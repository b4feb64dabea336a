"""Acquisition: sources, transports, and downloads that arrive whole."""
