"""Level-1 files: their names, their content, whether they make sense, where they are."""
