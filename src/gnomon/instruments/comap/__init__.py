"""COMAP: from Level-1 spectrometer files to calibrated, cleaned time streams."""

from pathlib import Path

from gnomon.core.instrument import Dialect, Instrument
from gnomon.instruments.comap.database.publisher import SQL
from gnomon.instruments.comap.kinds import KINDS
from gnomon.instruments.comap.level1 import observer_flags, remote
from gnomon.instruments.comap.level1 import source as level1_source
from gnomon.instruments.comap.master.translate import translate
from gnomon.instruments.comap.steps.calibration import calibration
from gnomon.instruments.comap.steps.flags import flags
from gnomon.instruments.comap.steps.level2 import level2
from gnomon.instruments.comap.steps.quicklook import quicklook
from gnomon.instruments.comap.steps.reduce import reduce

_PIPELINES = Path(__file__).parent / "pipelines"

INSTRUMENT = Instrument(
    "comap",
    kinds=KINDS,
    sources=(remote.SOURCE, level1_source.SOURCE, observer_flags.SOURCE),
    steps=(flags, reduce, level2, calibration, quicklook),
    publishers=(SQL,),
    pipelines={path.stem: path for path in sorted(_PIPELINES.glob("*.toml"))},
    dialects=(Dialect("Master", translate),),
)
