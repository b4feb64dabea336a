"""The TOML files of the system that came before: `[Master]` and its list of modules."""
