"""The IMAP magnetometer: packets, calibration to Level 2, publishing, tables."""

from gnomon.core.instrument import Instrument
from gnomon.instruments.imap.kinds import KINDS

INSTRUMENT = Instrument(
    "imap",
    kinds=KINDS,
    sources=(),
    steps=(),
    publishers=(),
    pipelines={},
)
