"""The IMAP magnetometer: packets, calibration to Level 2, publishing, tables."""

from pathlib import Path

from gnomon.core.instrument import Instrument
from gnomon.instruments.imap.kinds import KINDS
from gnomon.instruments.imap.sdc import publisher, science, spice, tables
from gnomon.instruments.imap.steps.apply import apply
from gnomon.instruments.imap.steps.decode import decode
from gnomon.instruments.imap.steps.gradiometer import gradiometer
from gnomon.instruments.imap.steps.manual import manual
from gnomon.instruments.imap.steps.metakernel import metakernel
from gnomon.instruments.imap.steps.quality import quality
from gnomon.instruments.imap.steps.quicklook import quicklook
from gnomon.instruments.imap.telemetry import ialirt, noaa, webpoda, webtcad

_PIPELINES = Path(__file__).parent / "pipelines"

INSTRUMENT = Instrument(
    "imap",
    kinds=KINDS,
    sources=(
        *(webpoda.SOURCE, webtcad.SOURCE, ialirt.SOURCE, ialirt.HK_SOURCE, noaa.SOURCE),
        *(science.SOURCE, spice.SOURCE, tables.SPIN_SOURCE, tables.SMALL_FORCES_SOURCE),
    ),
    steps=(decode, gradiometer, quality, manual, apply, quicklook, metakernel),
    publishers=(publisher.PUBLISHER,),
    pipelines={path.stem: path for path in sorted(_PIPELINES.glob("*.toml"))},
)
