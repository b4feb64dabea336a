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
from gnomon.sim.service import Answer, Service

__all__ = [
    "Answer",
    "Archive",
    "Cut",
    "Fault",
    "Faults",
    "Lacks",
    "Latency",
    "Refuse",
    "Reissue",
    "Request",
    "Service",
    "Slow",
    "Stale",
    "Stall",
    "Status",
    "WrongSize",
    "parse_fault",
    "serve",
]
