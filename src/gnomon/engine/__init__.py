"""The loop: the only writer of catalogue and store."""
