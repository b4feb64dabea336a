"""The science data centre: science files, kernels, tables, and what is uploaded to it."""
