"""Sky surveys: light curves of ZTF, TESS and MAST, from the archive to features."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.sky.kinds import KINDS

_PIPELINES = Path(__file__).parent / "pipelines"

INSTRUMENT = Instrument(
    "sky",
    kinds=KINDS,
    pipelines={path.stem: path for path in sorted(_PIPELINES.glob("*.toml"))},
)
