"""The science data centre: queries, downloads, uploads."""
