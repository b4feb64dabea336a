"""Level-1 files of a known truth."""
