"""What somebody asks for becomes options of the sources.

The guide's configuration file, then lists of targets and options of the command say it, the latter
winning; what a word is not meant for does not reach a source: IRSA's options are ZTF's alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.errors import ConfigError
from gnomon.instruments.sky.exports.texts import Source
from gnomon.instruments.sky.guide_config import DataSources, FilterRange
from gnomon.instruments.sky.targets import Target

SURVEYS: tuple[Source, ...] = ("ztf", "tess", "mast")
RADIUS_DEG = 2 / 3600
"""Around a target that names none: two seconds of arc, twice a pixel of ZTF."""
_TARGETS: Mapping[Source, tuple[str, ...]] = {
    "ztf": ("cones", "ids"),
    "tess": ("tics", "names", "cones"),
    "mast": ("names", "cones"),
}
_OF_TARGETS = frozenset(name for names in _TARGETS.values() for name in names)
_TIC = re.compile(r"(?:TIC\s*)?(\d+)", re.IGNORECASE)
_IMPLIED = ("obs_collection", "dataproduct_type", "project", "provenance_name", "intentType")
"""CAOM's columns that say no more than that light curves of TESS are wanted."""

Resolver = Callable[[Sequence[str]], tuple[Mapping[str, tuple[float, float]], str]]
"""From names to places, ra and dec in degrees, and what is wrong with the others."""
Options = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What a command says.

    Attributes
    ----------
    place : tuple of float, optional
        Centre of IRSA's cone: ra, dec, degrees.
    radius_deg : float, optional
        Of IRSA's cones, that of `place` and those of targets which name none.
    filters : tuple of str
        ZTF's; all when empty.
    mjd_range : tuple of float, optional
        Of ZTF's epochs, UTC.
    ids : tuple of int
        ZTF's objects.
    collection : str
        ZTF's release; the newest when empty.
    targets : tuple of Target
        For every source.
    sectors : tuple of int
        Of TESS; all when empty.
    limit : int, optional
        Records of each source.
    """

    place: tuple[float, float] | None = None
    radius_deg: float | None = None
    filters: tuple[str, ...] = ()
    mjd_range: tuple[float, float] | None = None
    ids: tuple[int, ...] = ()
    collection: str = ""
    targets: tuple[Target, ...] = ()
    sectors: tuple[int, ...] = ()
    limit: int | None = None


@dataclass(frozen=True)
class Asked:
    """What one source is asked.

    Attributes
    ----------
    options : dict
        Of the source; laid over those of its pipeline.
    problems : tuple of str
        What could not be asked, such as a name that nobody knows.
    flux : str
        Which flux of TESS is wanted: ``pdcsap``, ``sap``; the best when empty.
    max_records : int, optional
        Of the source, whatever the command's limit.
    max_points : int, optional
        Of a record of TESS.
    """

    survey: Source
    options: Options
    problems: tuple[str, ...] = ()
    flux: str = ""
    max_points: int | None = None
    max_records: int | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether it says nothing of what is wanted."""
        return not any(self.options.get(name) for name in (*_OF_TARGETS, "filters"))


def asked_of(survey: Source, wish: Wish, guide: DataSources | None, resolve: Resolver) -> Asked:
    """Return what a source is asked.

    Parameters
    ----------
    guide : DataSources, optional
        The guide's file.
    resolve : callable
        Asked for the places of targets that ZTF needs; not asked where none is needed.

    Raises
    ------
    ConfigError
        The guide's file asks for what the source cannot do.
    """
    options = {} if guide is None else _GUIDE[survey](guide)
    said, problem = _SAID[survey](wish, resolve)
    if any(name in said for name in _OF_TARGETS) or problem:
        options = {name: value for name, value in options.items() if name not in _OF_TARGETS}
    merged = {name: value for name, value in (options | said).items() if value}
    if problem or any(name in merged for name in _OF_TARGETS):
        # What is asked for takes the place of the pipeline's own, all of it.
        merged = {name: [] for name in _TARGETS[survey]} | merged
    problems = (problem,) if problem else ()
    if guide is not None and survey == "ztf":
        return Asked(survey, merged, problems, max_records=guide.ztf.irsa.max_rows)
    if guide is None or survey != "tess":
        return Asked(survey, merged, problems)
    columns = guide.tess.lightcurve
    flux = next(iter(columns.flux_columns), "").removesuffix("_FLUX").casefold()
    return Asked(survey, merged, problems, flux, columns.max_points)


# -- of the command


def _ztf(wish: Wish, resolve: Resolver) -> tuple[Options, str]:
    unplaced = [target.words for target in wish.targets if target.place is None]
    known, problem = resolve(unplaced) if unplaced else ({}, "")
    cones = [] if wish.place is None else [_cone(wish.place, wish.radius_deg)]
    for target in wish.targets:
        place = target.place or known.get(target.words)
        if place is not None:
            cones.append(_cone(place, target.radius_deg or wish.radius_deg, target.words))
    options = {
        "cones": cones,
        "ids": list(wish.ids),
        "filters": list(wish.filters),
        "mjd_range": wish.mjd_range,
        "collection": wish.collection,
    }
    return _given(options), problem


def _tess(wish: Wish, _: Resolver) -> tuple[Options, str]:
    """Numbers come before places, and places before names: the surest way to the star."""
    others = [target for target in wish.targets if target.tic is None]
    options = {
        "tics": [target.tic for target in wish.targets if target.tic is not None],
        "cones": _cones(others),
        "names": [target.name for target in others if target.place is None],
        "sectors": list(wish.sectors),
        "most": wish.limit,
    }
    return _given(options), ""


def _mast(wish: Wish, _: Resolver) -> tuple[Options, str]:
    options = {
        "cones": _cones(wish.targets),
        "names": [target.words for target in wish.targets if target.place is None],
        "most": wish.limit,
    }
    return _given(options), ""


def _cones(targets: Sequence[Target]) -> list[Options]:
    return [
        _cone(target.place, target.radius_deg, target.words)
        for target in targets
        if target.place is not None
    ]


def _cone(place: tuple[float, float], radius_deg: float | None, name: str = "") -> Options:
    values = {"ra_deg": place[0], "dec_deg": place[1], "radius_deg": radius_deg or RADIUS_DEG}
    return values | ({"name": name} if name else {})


def _given(options: Options) -> Options:
    return {name: value for name, value in options.items() if value}


# -- of the guide's file


def _guide_ztf(guide: DataSources) -> Options:
    irsa = guide.ztf.irsa
    cone = irsa.cone_search
    place = [] if cone is None else [_cone((cone.ra_deg, cone.dec_deg), cone.radius_deg)]
    return {
        "url": irsa.light_curves_url,
        "cones": place,
        "filters": list(irsa.filters),
        "mjd_range": irsa.mjd_range,
        "format": irsa.format,
        "longest_s": irsa.timeout_s,
    }


def _guide_tess(guide: DataSources) -> Options:
    """Return the targets, also where they stand among the filters of CAOM.

    Raises
    ------
    ConfigError
        A filter is one that would be passed over in silence.
    """
    filters = dict(guide.tess.query.filters)
    names = [*guide.tess.targets, *(str(one) for one in filters.pop("target_name", ()))]
    sectors = filters.pop("sequence_number", ())
    if stray := sorted(set(filters) - set(_IMPLIED)):
        raise ConfigError(f"data_sources.tess.query.filters: {', '.join(stray)} chooses no targets")
    numbered = {name: found for name in names if (found := _TIC.fullmatch(name.strip()))}
    return {
        "url": guide.tess.invoke_url,
        "tics": [int(found[1]) for found in numbered.values()],
        "names": [name for name in names if name not in numbered],
        "sectors": [int(one) for one in sectors if isinstance(one, int | str)],
    }


def _guide_mast(guide: DataSources) -> Options:
    query = guide.mast.query
    filters = {
        name: [one.model_dump() if isinstance(one, FilterRange) else one for one in values]
        for name, values in query.filters.items()
    }
    columns = [] if query.columns == ("*",) else list(query.columns)
    return {
        "url": guide.mast.invoke_url,
        "service": guide.mast.service,
        "filters": filters,
        "columns": columns,
        "pagesize": query.pagesize,
    }


_SAID: Mapping[str, Callable[[Wish, Resolver], tuple[Options, str]]] = {
    "ztf": _ztf,
    "tess": _tess,
    "mast": _mast,
}
_GUIDE: Mapping[str, Callable[[DataSources], Options]] = {
    "ztf": _guide_ztf,
    "tess": _guide_tess,
    "mast": _guide_mast,
}
