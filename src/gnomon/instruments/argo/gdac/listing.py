"""From the index files of a GDAC to the items of one listing, for every sort of data."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gnomon.acquire.transport import RemoteStat
from gnomon.core.items import Item
from gnomon.core.kinds import Kind
from gnomon.errors import NotFound
from gnomon.instruments.argo.gdac.config import ALL, GdacConfig
from gnomon.instruments.argo.gdac.index import (
    BIO_INDEX,
    BIO_TRAJECTORY_INDEX,
    GREYLIST_FILE,
    META_INDEX,
    PROFILE_INDEX,
    SYNTHETIC_INDEX,
    TECHNICAL_INDEX,
    TRAJECTORY_INDEX,
    Index,
    floats,
    items,
)
from gnomon.instruments.argo.kinds import (
    AGGREGATE,
    BGC_CYCLE,
    CYCLE,
    GREYLIST,
    META,
    SYNTHETIC_AGGREGATE,
    SYNTHETIC_CYCLE,
    TECHNICAL,
    TRAJECTORY,
)

_log = logging.getLogger(__name__)
_ASKING = 8
_NAMED = 5
_FLOAT_FILES = {
    META.name: re.compile(r"meta"),
    TECHNICAL.name: re.compile(r"tech"),
    TRAJECTORY.name: re.compile(r"(?P<bgc>B?)(?P<mode>[RD])traj"),
}
_INDEX_OF = {
    CYCLE.name: PROFILE_INDEX,
    BGC_CYCLE.name: BIO_INDEX,
    SYNTHETIC_CYCLE.name: SYNTHETIC_INDEX,
    META.name: META_INDEX,
    TECHNICAL.name: TECHNICAL_INDEX,
    AGGREGATE.name: META_INDEX,  # where it lacks, floats without profiles cannot be known
    SYNTHETIC_AGGREGATE.name: BIO_INDEX,
}


def stamp(found: RemoteStat) -> str:
    """Return a stamp that is the same over HTTP, over FTP and in a folder: size and second."""
    if found.mtime_us is None:
        return found.stamp
    return f"{found.size}:{found.mtime_us // 1_000_000}"


class Lister:
    """One listing; every index is read once.

    Parameters
    ----------
    read : callable
        Returns the index of a name, or raises `NotFound`.
    stat : callable
        Asks for size and time of a file, or raises `NotFound`.
    had : collection of str
        The indexes that the mirror had before.
    """

    def __init__(
        self,
        config: GdacConfig,
        read: Callable[[str], Index],
        stat: Callable[[str], RemoteStat],
        had: Collection[str] = (),
    ) -> None:
        self._config, self._read, self._stat, self._had = config, read, stat, set(had)
        self._selection = config.selection
        self.indexes: dict[str, Index] = {}
        self._absent: set[str] = set()
        self._made: set[str] = set()

    def items(self) -> list[Item]:
        """List what the selection takes."""
        found: list[Item] = []
        for data, make in (
            ("core", self._core),
            ("bgc", self._bgc),
            ("synthetic", self._synthetic),
            ("metadata", self._metadata),
            ("technical", self._technical),
            ("trajectory", self._trajectories),
            ("greylist", self._greylist),
        ):
            if self._config.brings(data):
                found += self._made_if_there(make)
        self._tell_twins()
        self._check_names()
        return found

    def covers(self, item: Item) -> bool:
        """Tell whether an item known from before would have been listed if it still existed.

        A selection of profiles proves nothing, nor does a kind that was not asked for, nor an
        index that is missing and was not before. A float that now stands under a DAC that was not
        asked for is not gone.
        """
        if self._selection.by_profile or item.kind not in self._made:
            return False
        if item.kind == GREYLIST.name:
            return True
        if self._index_name(item) in self._absent & self._had:
            return False
        wmo, dacs = int(str(item.key["wmo"])), self._selection.dacs
        if self._selection.floats and wmo not in self._selection.floats:
            return False
        return not dacs or (
            item.tags.get("dac") in dacs and self._places.get(wmo, set()) <= set(dacs)
        )

    def _index_name(self, item: Item) -> str:
        if item.kind == TRAJECTORY.name:
            return BIO_TRAJECTORY_INDEX if item.key["sensors"] == "bgc" else TRAJECTORY_INDEX
        return _INDEX_OF[item.kind]

    def _made_if_there(self, make: Callable[[], list[Item]]) -> list[Item]:
        """List one sort of data; of what only ``all`` asks for, the mirror may have no index."""
        try:
            return make()
        except NotFound as error:
            if ALL not in self._config.data or make == self._core:
                raise
            _log.warning("%s", error)
            return []

    # -- profiles

    def _core(self) -> list[Item]:
        index = self._index(PROFILE_INDEX)
        taken = self._taken(index)
        found = self._made_of(CYCLE, items(index, taken))
        if self._config.aggregates:
            found += self._aggregates(AGGREGATE, "prof", floats(index, taken), floats(index))
        return found

    def _bgc(self) -> list[Item]:
        index = self._index(BIO_INDEX)
        return self._made_of(BGC_CYCLE, items(index, self._selection.mask(index), "B"))

    def _synthetic(self) -> list[Item]:
        index = self._index(SYNTHETIC_INDEX)
        taken = self._selection.mask(index)
        found = self._made_of(SYNTHETIC_CYCLE, items(index, taken, "S"))
        if self._config.aggregates:
            listed, chosen = floats(index), floats(index, taken)
            found += self._aggregates(SYNTHETIC_AGGREGATE, "Sprof", chosen, listed)
        return found

    def _taken(self, index: Index) -> NDArray[np.bool_]:
        taken = self._selection.mask(index)
        if self._selection.parameters:
            taken &= np.isin(index.rows["wmo"].to_numpy(), list(self._with_parameters))
        return taken

    # -- one file a float

    def _metadata(self) -> list[Item]:
        return self._made_of(META, self._float_files(META, self._index(META_INDEX)))

    def _technical(self) -> list[Item]:
        return self._made_of(TECHNICAL, self._float_files(TECHNICAL, self._index(TECHNICAL_INDEX)))

    def _trajectories(self) -> list[Item]:
        found = self._float_files(TRAJECTORY, self._index(TRAJECTORY_INDEX))
        sensors = self._find(BIO_TRAJECTORY_INDEX)
        if sensors is None:
            _log.warning("%s has no %s", self._config.mirror, BIO_TRAJECTORY_INDEX)
        else:
            found += self._float_files(TRAJECTORY, sensors)
        return self._made_of(TRAJECTORY, found)

    def _greylist(self) -> list[Item]:
        told = stamp(self._stat(GREYLIST_FILE))
        return self._made_of(GREYLIST, [Item(GREYLIST.name, {}, GREYLIST_FILE, told)])

    def _float_files(self, kind: Kind, index: Index) -> list[Item]:
        """Return the items of an index that has one row a float, or two: D leads R, then newer."""
        taken, rows, odd = self._selection.mask(index), index.rows, []
        if self._profiled is not None:
            taken &= np.isin(rows["wmo"].to_numpy(), list(self._profiled))
        best: dict[str, tuple[bool, int, Item]] = {}
        chosen = rows.filter(taken).select(["file", "wmo", "date_update"])
        for path, wmo, updated in zip(*(c.to_pylist() for c in chosen.columns), strict=True):
            item = _float_item(kind, path, wmo, str(updated))
            if item is None:
                odd.append(path)
                continue
            place = str(item.key.get("sensors", "")) + str(wmo)
            rank = (item.tags.get("mode") == "D", updated, item)
            if place not in best or rank[:2] > best[place][:2]:
                best[place] = rank
        if odd:
            what = "rows are no paths of such files and are left out, the first:"
            _log.warning("%s: %d %s %s", kind.name, len(odd), what, odd[0])
        return [item for _, _, item in best.values()]

    @cached_property
    def _profiled(self) -> set[int] | None:
        """The floats of the selected profiles; None where no profile is selected by itself."""
        if self._selection.parameters:
            return self._with_parameters
        if not self._selection.by_place_or_time:
            return None
        index = self._index(PROFILE_INDEX)
        return set(floats(index, self._selection.by_place().mask(index)))

    @cached_property
    def _with_parameters(self) -> set[int]:
        """The floats that have a selected parameter, where and when they are selected."""
        index = self._index(BIO_INDEX)
        return set(floats(index, self._selection.by_place().mask(index)))

    # -- aggregates, which stand in no index

    def _aggregates(
        self, kind: Kind, suffix: str, chosen: Mapping[int, str], listed: Mapping[int, str]
    ) -> list[Item]:
        """List the aggregates of the selected floats.

        That of a float whose cycles are listed only fills in what the index lacks, so its stamp is
        that of the float's metadata; others are all there is, so the archive is asked.
        """
        meta, stamps = self._find(META_INDEX), {}
        if meta is not None:
            stamps = _newest(meta)
        where = dict(chosen)
        if not self._selection.by_profile:
            more = self._find(META_INDEX if kind is AGGREGATE else BIO_INDEX)
            where = ({} if more is None else floats(more, self._selection.mask(more))) | where
        paths = {wmo: f"dac/{dac}/{wmo}/{wmo}_{suffix}.nc" for wmo, dac in where.items()}
        alone = self._stamps_of({wmo: paths[wmo] for wmo in paths if wmo not in listed})
        told = {wmo: str(stamps.get(wmo, "")) for wmo in paths if wmo in listed} | alone
        found = [
            Item(
                kind.name,
                {"wmo": wmo},
                paths[wmo],
                told[wmo],
                tags={"dac": where[wmo], "name": f"{wmo}_{suffix}.nc"},
                optional=True,
            )
            for wmo in told
        ]
        return self._made_of(kind, found)

    def _stamps_of(self, refs: dict[int, str]) -> dict[int, str]:
        """Ask for the stamps of aggregates; those that are not there are left out."""

        def ask(ref: str) -> str | None:
            try:
                return stamp(self._stat(ref))
            except NotFound:
                return None

        with ThreadPoolExecutor(_ASKING) as threads:
            stamps = zip(refs, threads.map(ask, refs.values()), strict=True)
            return {wmo: told for wmo, told in stamps if told is not None}

    # -- what they share

    def _index(self, name: str) -> Index:
        found = self._find(name)
        if found is None:
            raise NotFound(f"{self._config.mirror} has no {name}: is it the root of a GDAC?")
        return found

    def _find(self, name: str) -> Index | None:
        if name not in self.indexes and name not in self._absent:
            try:
                self.indexes[name] = self._read(name)
            except NotFound:
                self._absent.add(name)
        return self.indexes.get(name)

    def _made_of(self, kind: Kind, found: list[Item]) -> list[Item]:
        self._made.add(kind.name)
        return found

    @cached_property
    def _places(self) -> dict[int, set[str]]:
        """The DACs of every float, by all indexes that were read."""
        found: dict[int, set[str]] = {}
        for index in self.indexes.values():
            pairs = index.rows.group_by(["wmo", "dac"], use_threads=False).aggregate([])
            for wmo, dac in zip(pairs["wmo"].to_pylist(), pairs["dac"].to_pylist(), strict=True):
                found.setdefault(wmo, set()).add(dac)
        return found

    def _tell_twins(self) -> None:
        twins = [wmo for wmo, dacs in self._places.items() if len(dacs) > 1]
        if twins:
            what = "floats stand under two DACs, the newer file leads:"
            _log.warning("%s: %d %s %s", self._config.mirror, len(twins), what, _few(twins))

    def _check_names(self) -> None:
        """Say which of the wanted floats and DACs the mirror does not have."""
        if not self.indexes:
            return
        wanted = self._selection
        dacs = set().union(*self._places.values())
        lost = {
            wmo for wmo in wanted.floats if not self._places.get(wmo, set()) & (wanted.dacs or dacs)
        }
        if lost:
            message = f"{self._config.mirror} lists no float {_few(lost)}"
            if lost == wanted.floats:
                raise NotFound(message)
            _log.warning("%s", message)
        if unknown := wanted.dacs - dacs:
            message = f"{self._config.mirror} has no DAC {', '.join(sorted(unknown))}"
            raise NotFound(f"{message}; it has {', '.join(sorted(dacs))}")


def _few(wmos: Iterable[int]) -> str:
    """Return some numbers as text, and how many more there are."""
    ordered = sorted(wmos)
    more = len(ordered) - _NAMED
    return ", ".join(map(str, ordered[:_NAMED])) + (f" and {more} more" if more > 0 else "")


def _newest(index: Index) -> dict[int, int]:
    rows = index.rows.group_by("wmo", use_threads=False).aggregate([("date_update", "max")])
    return dict(zip(rows["wmo"].to_pylist(), rows["date_update_max"].to_pylist(), strict=True))


def _float_item(kind: Kind, path: str, wmo: int, updated: str) -> Item | None:
    """Return the item of ``dac/wmo/wmo_suffix.nc``, or None where the path is another."""
    dac, folder, name = path.split("/", 2)
    suffix = name.removeprefix(f"{folder}_").removesuffix(".nc")
    match = _FLOAT_FILES[kind.name].fullmatch(suffix)
    if match is None or name != f"{folder}_{suffix}.nc":
        return None
    key: dict[str, int | str] = {"wmo": wmo}
    tags = {"dac": dac, "name": name, "date_update": updated}
    if kind is TRAJECTORY:
        key["sensors"] = "bgc" if match["bgc"] else "core"
        tags["mode"] = match["mode"]
    return Item(kind.name, key, "dac/" + path, updated, tags=tags)
