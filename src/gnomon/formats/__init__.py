"""File formats: written atomically, with provenance inside."""
