"""SPICE kernels: names, coverage, metakernels, frames."""
