"""The SQL catalogue: the only place that knows SQL."""
