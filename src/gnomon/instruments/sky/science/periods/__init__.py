"""The search for periods: Lomb-Scargle, box least squares, and what a peak means."""
