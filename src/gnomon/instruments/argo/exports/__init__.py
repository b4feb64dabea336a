"""Formats that users ask for beside Parquet."""
