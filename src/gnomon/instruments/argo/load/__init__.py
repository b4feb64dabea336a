"""Databases that hold the tables for others to query."""
