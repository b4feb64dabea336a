"""SPICE kernels: their names and coverage, metakernels, attitude."""
