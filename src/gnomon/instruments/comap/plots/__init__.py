"""Pictures of one observation."""
