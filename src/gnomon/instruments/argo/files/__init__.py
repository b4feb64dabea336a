"""The files of the GDAC, as arrays: core, biogeochemical and synthetic profiles, meta-data."""
