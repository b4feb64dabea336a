"""Local archives with faults on demand, on real sockets."""

from gnomon.sim.archive import Archive, serve
from gnomon.sim.faults import (
    Cut,
    Fault,
    Faults,
    Lacks,
    Latency,
    Refuse,
    Reissue,
    Slow,
    Stale,
    Stall,
    Status,
    WrongSize,
    parse_fault,
)
from gnomon.sim.requests import Request

__all__ = [
    "Archive",
    "Cut",
    "Fault",
    "Faults",
    "Lacks",
    "Latency",
    "Refuse",
    "Reissue",
    "Request",
    "Slow",
    "Stale",
    "Stall",
    "Status",
    "WrongSize",
    "parse_fault",
    "serve",
]
