"""A simulated spacecraft, and the archives that serve its data."""
