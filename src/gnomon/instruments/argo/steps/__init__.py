"""The steps: one file for each."""
