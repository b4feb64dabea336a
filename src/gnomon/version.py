"""The version of gnomon; `pyproject.toml` holds the same one and a test compares them."""

VERSION = "0.1.0"
