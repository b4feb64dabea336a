"""`gnomon imap`: the commands of the IMAP magnetometer."""

from __future__ import annotations

from gnomon.cli.lazy import Lazy, lazy_app

_HERE = "gnomon.instruments.imap.cli"
_SPELLED_OUT = "The older spelling."

FETCH = {
    "binary": Lazy(f"{_HERE}.binary:binary", "Packets, from WebPODA."),
    "science": Lazy(f"{_HERE}.science:science", "Science files, from the science data centre."),
    "ialirt": Lazy(f"{_HERE}.ialirt:ialirt", "Science in near real time, from I-ALiRT."),
    "ialirt-hk": Lazy(f"{_HERE}.ialirt:ialirt_hk", "Housekeeping in near real time."),
    "noaa": Lazy(f"{_HERE}.noaa:noaa", "The last 24 hours of the spacecraft at L1, from NOAA."),
    "spice": Lazy(f"{_HERE}.spice:spice", "SPICE kernels."),
    "metakernel": Lazy(f"{_HERE}.metakernel:metakernel", "A metakernel for a span of time."),
    "spin-tables": Lazy(f"{_HERE}.spice:spin_tables", "Spin tables."),
    "small-forces": Lazy(f"{_HERE}.spice:small_forces", "Files of small forces."),
    "lo-pivot-platform": Lazy(f"{_HERE}.webtcad:lo_pivot_platform", "The angle of Lo's platform."),
    "hi45-step": Lazy(f"{_HERE}.webtcad:hi45_step", "The energy steps of Hi45."),
    "hi90-step": Lazy(f"{_HERE}.webtcad:hi90_step", "The energy steps of Hi90."),
    "imap-lo-pivot-platform": Lazy(f"{_HERE}.webtcad:lo_pivot_platform", _SPELLED_OUT, hidden=True),
    "imap-hi45-step": Lazy(f"{_HERE}.webtcad:hi45_step", _SPELLED_OUT, hidden=True),
    "imap-hi90-step": Lazy(f"{_HERE}.webtcad:hi90_step", _SPELLED_OUT, hidden=True),
}
CHECK = {"ialirt": Lazy(f"{_HERE}.check:ialirt", "Values beyond limits, flags, forbidden modes.")}
PLOT = {
    "ialirt": Lazy(f"{_HERE}.plot:ialirt", "Field and housekeeping in near real time."),
    "science": Lazy(f"{_HERE}.plot:science", "Field, range and quality of science files."),
    "hk": Lazy(f"{_HERE}.plot:hk", "The fields of housekeeping packets."),
}
CALIBRATION = {
    "calibrate": Lazy(f"{_HERE}.calibrate:calibrate", "Make a layer of calibration of each day."),
    "apply": Lazy(f"{_HERE}.apply:apply", "Layers and science become offsets and Level 2-pre."),
}

fetch = lazy_app(FETCH, text="Bring in what is new in an archive, or some days of it.")
check = lazy_app(CHECK, text="Look for anomalies.")
plot = lazy_app(PLOT, text="Draw.")
calibration = lazy_app(CALIBRATION, text="The older spelling of calibrate and apply.")

COMMANDS = {
    "fetch": Lazy(f"{_HERE}.app:fetch", "Bring in what is new in an archive, or some days of it."),
    "process": Lazy(f"{_HERE}.process:process", "Decode files of housekeeping packets."),
    **CALIBRATION,
    "calibration": Lazy(f"{_HERE}.app:calibration", _SPELLED_OUT, hidden=True),
    "publish": Lazy(f"{_HERE}.publish:publish", "Upload files to the science data centre."),
    "check": Lazy(f"{_HERE}.app:check", "Look for anomalies."),
    "plot": Lazy(f"{_HERE}.app:plot", "Draw."),
    "load": Lazy(f"{_HERE}.load:load", "Load what is new in the store into a database."),
    "index": Lazy(f"{_HERE}.index:index", "Adopt files that were put into the store by hand."),
    "cleanup": Lazy("gnomon.cli.housekeeping:cleanup", "Remove or archive old files of the store."),
    "simulate": Lazy(f"{_HERE}.simulate:simulate", "Write and serve simulated archives."),
}

app = lazy_app(COMMANDS, text="IMAP's magnetometer.")
