"""What databases that we publish into have in common: addresses, and connections for threads."""
