"""The tables of a [Master] file: each overrides the options of the module whose path it has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.master.grammar import Call, parsed

MASTER = "Master"


def master_of(data: Mapping[str, Any], known: Collection[str]) -> Mapping[str, Any]:
    """Return the table [Master].

    Raises
    ------
    ConfigError
        There is none.
    UnknownName
        It has a key that is not in `known`.
    """
    master = data.get(MASTER)
    if not isinstance(master, Mapping):
        raise ConfigError("the file has no table [Master]")
    for key in master:
        if key not in known:
            raise UnknownName("key of [Master]", key, known)
    return master


def calls_of(data: Mapping[str, Any], master: Mapping[str, Any]) -> tuple[Call, ...]:
    """Return the modules of `pipeline`, in order, each with the options of its table."""
    chain = master.get("pipeline", [])
    if not isinstance(chain, list) or not all(isinstance(text, str) for text in chain):
        raise ConfigError("[Master] pipeline must be a list of texts")
    return tuple(_with_table(data, parsed(text)) for text in chain)


def table_of(data: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the table of a module; an empty one where there is none."""
    found: Any = data
    for name in path:
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def modules_of(
    data: Mapping[str, Any], known: Collection[str], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Give every table of a module with its path.

    Packages and classes share names (``FindScans.FindScans``), so a table is that of a module
    where it holds an option, or where it has a module's name and none of its tables has.
    """
    for name, value in data.items():
        here = (*path, name)
        if here == (MASTER,):
            continue
        if not isinstance(value, Mapping):
            raise UnknownName("key beside the tables:", ".".join(here), [MASTER])
        if _is_module(name, value, known):
            yield here, value
        else:
            yield from modules_of(value, known, here)


def _is_module(name: str, table: Mapping[str, Any], known: Collection[str]) -> bool:
    if not all(isinstance(value, Mapping) for value in table.values()):
        return True
    return not table or (name in known and not any(child in known for child in table))


def _with_table(data: Mapping[str, Any], call: Call) -> Call:
    return Call(call.path, {**call.options, **table_of(data, call.path)})
