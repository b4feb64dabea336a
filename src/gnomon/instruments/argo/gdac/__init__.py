"""The archive: its index files, and what is new in it."""
