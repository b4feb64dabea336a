"""Local archives with faults on demand, on real sockets."""
