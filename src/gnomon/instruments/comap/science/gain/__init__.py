"""Gain fluctuations: told from the sky by the structure of the system temperature."""
