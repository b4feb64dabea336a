"""`gnomon sky`."""
