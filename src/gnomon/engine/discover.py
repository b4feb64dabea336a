"""Finding the installed instruments."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Registry
from gnomon.publish.folder import FOLDER
from gnomon.publish.tables.publisher import TABLES

GROUP = "gnomon.instruments"
_log = logging.getLogger(__name__)
_BUILT_IN = Instrument("gnomon", publishers=(FOLDER, TABLES))


def discover() -> Registry:
    """Return what all installed instruments offer.

    One that cannot be imported is left out with a warning: a missing extra of one instrument
    does not stop the others.
    """
    found = (_load(point) for point in entry_points(group=GROUP))
    return Registry([_BUILT_IN, *(instrument for instrument in found if instrument is not None)])


def _load(point: EntryPoint) -> Instrument | None:
    try:
        loaded = point.load()
    except ImportError as error:
        hint = f"pip install 'gnomon[{point.name}]'"
        _log.warning("instrument %s is left out: %s (%s)", point.name, error, hint)
        return None
    if not isinstance(loaded, Instrument):
        _log.warning("instrument %s is left out: %s is no Instrument", point.name, point.value)
        return None
    return loaded
