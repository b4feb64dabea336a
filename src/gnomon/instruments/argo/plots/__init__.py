"""Pictures of profiles and floats."""
