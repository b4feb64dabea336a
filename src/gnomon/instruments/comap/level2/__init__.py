"""Level-2 files: what stands in them, and how they are read and written."""
