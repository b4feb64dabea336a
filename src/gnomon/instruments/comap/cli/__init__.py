"""The commands of COMAP."""
