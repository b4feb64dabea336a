"""Bytes on disk: files arrive whole, by rename, and are never edited."""
