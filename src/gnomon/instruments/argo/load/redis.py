"""The hot layer in Redis: the latest profile of each float, and where floats are.

    argo:float:<wmo>     hash: the fields of `load.latest`, and `wmo`
    argo:positions       geo index of the floats, by their last good position
    argo:polar           hash: "longitude latitude" of those where the geo index does not reach
    argo:latest          sorted set: time of the latest profile, seconds since 1970 UTC
    argo:expiry          sorted set: when the hash of a float expires, seconds since 1970 UTC

A float is written in one MULTI. What is not loaded again within `expire_s` goes, so that nobody
takes old data for new ones; each load prolongs what it finds there. Everything can be rebuilt from
SQL at any time.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from pydantic import Field

from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, Full, MissingExtra, PublishError
from gnomon.instruments.argo.kinds import ANALYSIS, FLOAT
from gnomon.instruments.argo.load.database import Database
from gnomon.instruments.argo.load.latest import (
    FLOAT_FIELDS,
    PROFILE_FIELDS,
    Latest,
    latest_in,
)
from gnomon.publish.databases.address import Address

_DAY_S = 86_400
_PATIENCE_S = 10
_HALF_TURN, _POLE, _REACH = 180.0, 90.0, 85.05112878
"""Degrees; the last is the latitude where the geo index ends (Redis manual, GEOADD)."""
_SHA = {ANALYSIS.name: "profile_sha256", FLOAT.name: "float_sha256"}
_FIELDS = {ANALYSIS.name: PROFILE_FIELDS, FLOAT.name: FLOAT_FIELDS}
KINDS = tuple(_FIELDS)
_INDEXES = ("positions", "polar", "latest", "expiry")
_BATCH = 1000
_EARTH_KM = 6371.0088
_RADII_KM = (250, 1000, 4000)
T = TypeVar("T")


class RedisConfig(StepConfig):
    """Where to."""

    url: Address = Field(description="redis://:password@host:6379/0")
    prefix: str = Field("argo:", min_length=1, description="of every key")
    expire_s: int = Field(3 * _DAY_S, ge=1, description="what is not loaded again goes after that")


@dataclass(frozen=True, slots=True)
class Near:
    """A float, and how far it is."""

    wmo: int
    distance_km: float
    fields: Mapping[str, str]


class Hot:
    """The hot layer, for reading and writing."""

    def __init__(self, config: RedisConfig) -> None:
        self._config, self._prefix = config, config.prefix
        try:
            import redis  # noqa: PLC0415  an optional library
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "redis", "redis") from error
        self._errors = redis.exceptions
        try:
            self._redis: Any = redis.Redis.from_url(
                config.url.get_secret_value(),
                decode_responses=True,
                socket_timeout=_PATIENCE_S,
                socket_connect_timeout=_PATIENCE_S,
            )
        except ValueError as error:
            raise ConfigError(config.url.clean(f"{config.url}: {error}")) from None

    # -- reading

    def latest(self, wmo: int) -> dict[str, str] | None:
        """Return the fields of a float; None where it has none, or they expired."""
        with self._failures():
            return self._redis.hgetall(self._float(wmo)) or None

    def newest(self, count: int = 10) -> list[tuple[int, float]]:
        """Return the floats with the newest profiles, and when these were, seconds since 1970."""
        with self._failures():
            self._prune()
            found = self._redis.zrevrange(self._key("latest"), 0, count - 1, withscores=True)
        return [(int(wmo), score) for wmo, score in found]

    def nearest(self, latitude: float, longitude: float, count: int = 10) -> list[Near]:
        """Return the floats nearest to a position (degrees north and east), the nearest first."""
        if not abs(latitude) <= _POLE:
            raise ConfigError(f"latitude {latitude} is not in -90 to 90")
        here = (_wrapped(longitude), latitude)
        found: list[Near] = []
        with self._failures():
            places = [*self._polar_places(), *self._places(here, count)]
            for distance_km, wmo in sorted((_distance_km(here, at), wmo) for wmo, at in places):
                fields = self._redis.hgetall(self._float(wmo)) if len(found) < count else None
                if fields:  # else it expired, and nobody has pruned it yet
                    found.append(Near(wmo, distance_km, fields))
        return found

    def _places(
        self, here: tuple[float, float], count: int
    ) -> list[tuple[int, tuple[float, float]]]:
        """Return floats, at least as many as are wanted if there are, with where they are."""
        key = self._key("positions")
        wanted = count + self._redis.zcount(self._key("expiry"), "-inf", self._now_s())
        for radius_km in _RADII_KM if abs(here[1]) < _REACH else ():
            found = self._redis.geosearch(
                key,
                longitude=here[0],
                latitude=here[1],
                radius=radius_km,
                unit="km",
                sort="ASC",
                count=wanted,
                withcoord=True,
            )
            if len(found) == wanted:
                return [(int(wmo), at) for wmo, at in found]
        # Redis misses members when a search reaches round the globe: compare all.
        floats = self._redis.zrange(key, 0, -1)
        places = self._redis.geopos(key, *floats) if floats else []
        return [(int(wmo), at) for wmo, at in zip(floats, places, strict=True) if at is not None]

    def _polar_places(self) -> list[tuple[int, tuple[float, float]]]:
        found = self._redis.hgetall(self._key("polar"))
        split = {int(wmo): text.partition(" ") for wmo, text in found.items()}
        return [(wmo, (float(east), float(north))) for wmo, (east, _, north) in split.items()]

    # -- writing

    def reach(self) -> None:
        """Ask the server whether it is there."""
        with self._failures():
            self._redis.ping()

    def write(self, wmo: int, kind: str, sha256: str, said: Latest | Mapping[str, str]) -> None:
        """Replace what one dataset says of a float, at once, and prolong its life."""
        fields = said.fields if isinstance(said, Latest) else said
        with self._failures():
            now_s = self._now_s()
            with self._redis.pipeline(transaction=True) as together:
                together.hdel(self._float(wmo), *_FIELDS[kind])
                mapping = {"wmo": wmo, _SHA[kind]: sha256, **fields}
                together.hset(self._float(wmo), mapping=mapping)
                if isinstance(said, Latest):
                    self._forget(together, ("positions", "polar", "latest"), [wmo])
                    _place(together, self._prefix, wmo, said)
                self._prolong(together, self._prefix, [wmo], now_s)
                together.execute()
            self._prune()

    def remove(self, wmo: int, kind: str) -> None:
        """Take away what a dataset said of a float; no error where nothing is."""
        other = next(sha for name, sha in _SHA.items() if name != kind)
        with self._failures():
            is_alone = not self._redis.hexists(self._float(wmo), other)
            with self._redis.pipeline(transaction=True) as together:
                together.hdel(self._float(wmo), _SHA[kind], *_FIELDS[kind])
                if kind == ANALYSIS.name:
                    self._forget(together, ("positions", "polar", "latest"), [wmo])
                if is_alone:
                    together.delete(self._float(wmo))
                    self._forget(together, ("expiry",), [wmo])
                together.execute()

    def loaded(self) -> dict[tuple[int, str], str]:
        """Return the sha256 of every dataset that is here, by (wmo, kind), and prolong its life."""
        found: dict[tuple[int, str], str] = {}
        with self._failures():
            self._prune()
            for floats in _batches(self._redis.zrange(self._key("expiry"), 0, -1)):
                with self._redis.pipeline(transaction=False) as together:
                    for wmo in floats:
                        together.hmget(self._float(wmo), *_SHA.values())
                    answers = together.execute()
                    self._prolong(together, self._prefix, floats, self._now_s())
                    together.execute()
                for wmo, shas in zip(floats, answers, strict=True):
                    pairs = zip(_SHA, shas, strict=True)
                    found |= {(int(wmo), kind): sha for kind, sha in pairs if sha}
        return found

    def rebuild(self, database: Database) -> int:
        """Replace everything by what a database holds, at once; return the number of floats."""
        shas = database.loaded()
        new = f"{self._prefix}new:{uuid.uuid4().hex}:"
        floats: list[int] = []
        with self._failures():
            now_s = self._now_s()
            for batch in _batches(latest_in(database)):
                with self._redis.pipeline(transaction=False) as together:
                    for wmo, latest, about in batch:
                        known = {name: shas.get((wmo, kind), "") for kind, name in _SHA.items()}
                        held = {name: sha for name, sha in known.items() if sha}
                        mapping = {"wmo": wmo, **held, **latest.fields, **about}
                        together.hset(f"{new}float:{wmo}", mapping=mapping)
                        _place(together, new, wmo, latest)
                    made = [wmo for wmo, _, _ in batch]
                    self._prolong(together, new, made, now_s)
                    together.execute()
                floats += made
            self._swap(new, floats)
        return len(floats)

    def _swap(self, new: str, floats: list[int]) -> None:
        """Put what was built under other names in the place of what is there."""
        before = {int(wmo) for wmo in self._redis.zrange(self._key("expiry"), 0, -1)}
        made = [name for name in _INDEXES if self._redis.exists(new + name)]
        with self._redis.pipeline(transaction=True) as together:
            for wmo in before.difference(floats):
                together.delete(self._float(wmo))
            for wmo in floats:
                together.rename(f"{new}float:{wmo}", self._float(wmo))
            together.delete(*(self._key(name) for name in _INDEXES))
            for name in made:
                together.rename(new + name, self._key(name))
            together.execute()

    # -- keys

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _float(self, wmo: int | str) -> str:
        return f"{self._prefix}float:{wmo}"

    def _now_s(self) -> float:
        """Return the server's time, by which it expires keys."""
        seconds, micros = self._redis.time()
        return float(seconds + micros / 1e6)

    def _prolong(
        self, together: Any, prefix: str, floats: Iterable[int | str], now_s: float
    ) -> None:
        life_s = self._config.expire_s
        for wmo in floats:
            together.expire(f"{prefix}float:{wmo}", life_s)
            together.zadd(f"{prefix}expiry", {str(wmo): now_s + life_s})
        for name in _INDEXES:
            together.expire(prefix + name, life_s)

    def _forget(self, together: Any, names: Iterable[str], floats: Iterable[int | str]) -> None:
        for name in names:
            drop = together.hdel if name == "polar" else together.zrem
            drop(self._key(name), *floats)

    def _prune(self) -> None:
        """Take the floats out of the indexes whose hashes have expired."""
        gone = self._redis.zrangebyscore(self._key("expiry"), "-inf", self._now_s())
        for floats in _batches(gone):
            with self._redis.pipeline(transaction=True) as together:
                self._forget(together, _INDEXES, floats)
                together.execute()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._errors.RedisError as error:
            raise self._ours(error) from None  # the driver's own words may tell the password

    def _ours(self, error: Exception) -> Exception:
        url, errors = self._config.url, self._errors
        text = url.clean(str(error))
        if isinstance(error, errors.AuthenticationError | errors.NoPermissionError):
            return ConfigError(f"{url} refuses us: {text}")
        if isinstance(error, errors.OutOfMemoryError):
            return Full(f"no memory left in {url}: {text}")
        return PublishError(f"{url}: {text}")


def _place(together: Any, prefix: str, wmo: int, latest: Latest) -> None:
    """Put a float into the indexes."""
    if latest.time_s is not None:
        together.zadd(f"{prefix}latest", {str(wmo): latest.time_s})
    if latest.position is None:
        return
    longitude, latitude = latest.position
    if abs(latitude) < _REACH:
        together.geoadd(f"{prefix}positions", (longitude, latitude, str(wmo)))
    else:
        together.hset(f"{prefix}polar", str(wmo), f"{longitude} {latitude}")


def _wrapped(longitude: float) -> float:
    return (longitude + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN


def _distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the way along a great circle, on a sphere, between (longitude, latitude)."""
    east, north = (math.radians(b - a) for a, b in zip(one, other, strict=True))
    shrink = math.cos(math.radians(one[1])) * math.cos(math.radians(other[1]))
    chord = math.sin(north / 2) ** 2 + shrink * math.sin(east / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while batch := list(islice(left, _BATCH)):
        yield batch
