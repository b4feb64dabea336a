"""What leaves the store: batches in Parquet, and records in JSON."""
