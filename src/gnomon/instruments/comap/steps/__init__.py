"""The steps: files in, files out."""
