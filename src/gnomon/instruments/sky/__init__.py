"""Sky surveys: light curves of ZTF, TESS and MAST, from the archive to features."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.sky.alerts import source as alerts
from gnomon.instruments.sky.catalogues import source as catalogues
from gnomon.instruments.sky.irsa import objects
from gnomon.instruments.sky.irsa import source as ztf
from gnomon.instruments.sky.kinds import KINDS
from gnomon.instruments.sky.mast import cutout_source, mission_source, observations, tess_source
from gnomon.instruments.sky.steps.alerts import alert_parts
from gnomon.instruments.sky.steps.clean import clean
from gnomon.instruments.sky.steps.cutout import cutout_parts
from gnomon.instruments.sky.steps.features import features
from gnomon.instruments.sky.steps.match import match
from gnomon.instruments.sky.steps.merge import merge
from gnomon.instruments.sky.steps.periods import periods
from gnomon.instruments.sky.steps.tess import tess_parts
from gnomon.instruments.sky.steps.ztf import ztf_parts

_PIPELINES = Path(__file__).parent / "pipelines"

INSTRUMENT = Instrument(
    "sky",
    kinds=KINDS,
    sources=(
        *(ztf.SOURCE, objects.SOURCE, tess_source.SOURCE, observations.SOURCE),
        *(cutout_source.SOURCE, mission_source.SOURCE, alerts.SOURCE),
        catalogues.SOURCE,
    ),
    steps=(
        *(ztf_parts, tess_parts, cutout_parts, alert_parts, merge),
        *(clean, features, periods, match),
    ),
    pipelines={path.stem: path for path in sorted(_PIPELINES.glob("*.toml"))},
)
