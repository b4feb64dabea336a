"""CCSDS packets and XTCE definitions."""
