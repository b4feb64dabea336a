"""Publication: datasets leave the store for other places."""
