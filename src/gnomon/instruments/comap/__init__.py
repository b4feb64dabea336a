"""COMAP: from Level-1 spectrometer files to calibrated, cleaned time streams."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.comap.kinds import KINDS

_PIPELINES = Path(__file__).parent / "pipelines"

INSTRUMENT = Instrument(
    "comap",
    kinds=KINDS,
    pipelines={path.stem: path for path in sorted(_PIPELINES.glob("*.toml"))},
)
