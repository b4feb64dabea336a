"""Values only: no I/O, no SQL, no clock."""
