"""Reads XTCE documents, strictly where a meaning would be guessed, and leniently in spelling.

XTCE 1.1 and 1.2 (and documents without a namespace) are read; spellings that ground systems write
although the standard lacks them are understood: ``IEEE-754``, ``MIL-1750A``, ``twosCompliment``,
``signed``. Parameters of nested space systems are found by the last part of their path.

What no plan can express (arrays, aggregates, repeated entries, algorithms) becomes an obstacle of
the entry: the other containers of the document stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from xml.etree import ElementTree as ET

from gnomon.errors import BadData
from gnomon.formats.packets.criteria import read_criteria
from gnomon.formats.packets.model import (
    Container,
    Definition,
    Entry,
    Parameter,
    Type,
)
from gnomon.formats.packets.types import read_type

ROOT = "CCSDSPacket"
"""What documents call the container that every packet starts with."""


def read_definition(path: Path) -> Definition:
    """Return the packets that an XTCE document defines; the same file is read once.

    Raises
    ------
    BadData
        The document is no XTCE, or contradicts itself; the message names it and the reason.
    """
    stat = path.stat()
    return _read(path.resolve(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _read(path: Path, _modified_ns: int, _size: int) -> Definition:
    try:
        root = ET.parse(path).getroot()  # noqa: S314 -- expat refuses entity bombs since 2.4
        _drop_namespaces(root)
        return _definition(path, root)
    except ET.ParseError as error:
        raise BadData(f"{path.name}: no XML: {error}") from None
    except KeyError as error:
        raise BadData(f"{path.name}: nothing is called {error}") from None
    except ValueError as error:
        raise BadData(f"{path.name}: {error}") from None


def _drop_namespaces(root: ET.Element) -> None:
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]


def _definition(path: Path, root: ET.Element) -> Definition:
    if root.tag != "SpaceSystem":
        raise BadData(f"{path.name}: the root element is {root.tag}, not SpaceSystem")
    types: dict[str, Type | str] = {}
    for element in _each(root, "ParameterTypeSet"):
        types[element.attrib["name"]] = _type_or_obstacle(element)
    parameters = {
        element.attrib["name"]: _parameter(element, types)
        for element in _each(root, "ParameterSet")
        if element.tag == "Parameter"
    }
    containers = {
        element.attrib["name"]: _container(element, parameters)
        for element in _each(root, "ContainerSet")
        if element.tag == "SequenceContainer"
    }
    if not containers:
        raise BadData(f"{path.name}: no containers")
    _check_references(path.name, containers)
    _check_nesting(path.name, containers)
    containers = _with_children(containers)
    return Definition(str(path), containers, _root(path.name, containers))


def _each(root: ET.Element, kind: str) -> Iterator[ET.Element]:
    """Yield the members of a set, of the telemetry of all nested space systems."""
    for system in root.iter("SpaceSystem"):
        yield from system.iterfind(f"TelemetryMetaData/{kind}/*")


def _type_or_obstacle(element: ET.Element) -> Type | str:
    try:
        return read_type(element)
    except NotImplementedError as error:
        return str(error)


def _parameter(element: ET.Element, types: Mapping[str, Type | str]) -> Parameter:
    found = types[_local(element.attrib["parameterTypeRef"])]
    name = element.attrib["name"]
    about = element.get("shortDescription") or element.findtext("LongDescription") or ""
    if isinstance(found, str):
        return Parameter(name, None, about, found)
    return Parameter(name, found, about)


def _local(reference: str) -> str:
    """Return the last part of a reference such as ``/SYSTEM/SUB/NAME``."""
    return reference.rpartition("/")[2]


def _container(element: ET.Element, parameters: Mapping[str, Parameter]) -> Container:
    entries = element.find("EntryList")
    base = element.find("BaseContainer")
    container = Container(
        element.attrib["name"],
        tuple(_entry(one, parameters) for one in (() if entries is None else entries)),
        abstract=element.get("abstract", "false").lower() == "true",
    )
    if base is None:
        return container
    criteria = read_criteria(base.find("RestrictionCriteria"))
    return replace(container, base=_local(base.attrib["containerRef"]), criteria=criteria)


def _entry(element: ET.Element, parameters: Mapping[str, Parameter]) -> Entry:
    if element.tag == "ParameterRefEntry":
        parameter = parameters[_local(element.attrib["parameterRef"])]
        entry = Entry(parameter, obstacle=parameter.obstacle)
    elif element.tag == "ContainerRefEntry":
        entry = Entry(container=_local(element.attrib["containerRef"]))
    else:
        return Entry(obstacle=f"{element.tag} is not supported")
    if element.find("RepeatEntry") is not None:
        return replace(entry, obstacle="RepeatEntry is not supported")
    if (condition := element.find("IncludeCondition")) is not None:
        entry = replace(entry, condition=read_criteria(condition))
    return _placed(entry, element.find("LocationInContainerInBits"))


def _placed(entry: Entry, location: ET.Element | None) -> Entry:
    if location is None:
        return entry
    fixed = location.findtext("FixedValue")
    origin = location.get("referenceLocation", "previousEntry")
    if fixed is None or origin not in {"previousEntry", "containerStart"}:
        return replace(entry, obstacle=f"a location by {origin} is not supported")
    return replace(entry, skip_bits=int(fixed), from_start=origin == "containerStart")


def _check_references(name: str, containers: Mapping[str, Container]) -> None:
    for container in containers.values():
        used = [entry.container for entry in container.entries if entry.container]
        for other in (*used, *([container.base] if container.base else [])):
            if other not in containers:
                raise BadData(f"{name}: {container.name} names no container: {other}")


def _check_nesting(name: str, containers: Mapping[str, Container]) -> None:
    """Refuse containers without an end: those that build on themselves, or hold themselves."""
    bases = {one.name: [one.base] if one.base else [] for one in containers.values()}
    held = {one.name: [e.container for e in one.entries if e.container]
            for one in containers.values()}  # fmt: skip
    for uses, what in ((bases, "builds on"), (held, "holds")):
        try:
            TopologicalSorter(uses).prepare()
        except CycleError as error:
            raise BadData(f"{name}: container {error.args[1][0]} {what} itself") from None


def _with_children(containers: Mapping[str, Container]) -> dict[str, Container]:
    children: dict[str, list[str]] = {}
    for container in containers.values():
        children.setdefault(container.base, []).append(container.name)
    return {
        name: replace(container, children=tuple(children.get(name, ())))
        for name, container in containers.items()
    }


def _root(name: str, containers: Mapping[str, Container]) -> str:
    """Return the container that packets start with: the usual name, or the one that has heirs."""
    if ROOT in containers:
        return ROOT
    tops = [one for one in containers.values() if not one.base]
    heads = [one.name for one in tops if one.children] or [one.name for one in tops]
    if len(heads) == 1:
        return heads[0]
    raise BadData(f"{name}: which container do packets start with? {', '.join(_few(heads))}")


def _few(names: Iterable[str]) -> list[str]:
    return sorted(names)[:8]
