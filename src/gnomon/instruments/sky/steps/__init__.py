"""The steps: each reads files, computes, writes."""
