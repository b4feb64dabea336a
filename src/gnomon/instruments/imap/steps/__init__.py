"""The steps: each reads, calls and writes."""
