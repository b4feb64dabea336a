"""Housekeeping: packets by true UTC day, and their tables."""
