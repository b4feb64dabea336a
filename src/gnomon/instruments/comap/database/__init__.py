"""Observations, flags and statistics in SQL, as the team's tools know them."""
