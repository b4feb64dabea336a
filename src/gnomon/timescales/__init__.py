"""Time scales: leap seconds, spacecraft clocks, TT2000."""
