"""The stages that Level-1 files go through, one a file: each a class with its options."""
