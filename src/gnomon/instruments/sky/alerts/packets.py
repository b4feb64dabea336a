"""Files of alert packets: Avro with the schema inside, one alert or many."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from gnomon.errors import BadData
from gnomon.instruments.sky.alerts.lsst import SURVEY as LSST
from gnomon.instruments.sky.alerts.lsst import lsst_alert
from gnomon.instruments.sky.alerts.rows import Alert
from gnomon.instruments.sky.alerts.ztf import SURVEY as ZTF
from gnomon.instruments.sky.alerts.ztf import ztf_alert

_MAGIC = b"Obj\x01"
_NAMED = re.compile(rb'"(?:namespace|name)"\s*:\s*"(ztf|lsst)\b')
_SURVEYS = {b"ztf": ZTF, b"lsst": LSST}
_NAMED_TYPES = ("record", "error", "fixed")
_DAMAGE = (
    *(ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError),
    *(MemoryError, RecursionError, struct.error, zlib.error),
)
"""What the reader of Avro raises for bytes that make no sense."""


def survey_of(start: bytes) -> str:
    """Return the survey that the first bytes of a file name, or nothing.

    Parameters
    ----------
    start : bytes
        At least the schema's name; some hundred bytes.
    """
    found = _NAMED.search(start) if start.startswith(_MAGIC) else None
    return _SURVEYS[found[1]] if found else ""


def read_alerts(path: Path, name: str = "") -> list[Alert]:
    """Read all alerts of a file; images are left where they are.

    Parameters
    ----------
    name : str
        What messages call it; default: its own name.

    Raises
    ------
    BadData
        It is no Avro, is cut or damaged, holds no alert, or is of another survey.
    MissingExtra
        ``fastavro`` is not installed.
    """
    name = name or path.name
    try:
        schema_name, records = _records(path.read_bytes())
        alerts = [_alert(record, schema_name) for record in records]
    except BadData as error:
        raise BadData(f"{name}: {error}") from None
    except _DAMAGE as error:
        raise BadData(f"{name}: no alerts in Avro: {_first_line(error)}") from None
    if not alerts:
        raise BadData(f"{name}: holds no alert")
    return alerts


def _records(content: bytes) -> tuple[str, list[Mapping[str, Any]]]:
    import fastavro  # noqa: PLC0415 - an extra, and late
    from fastavro.schema import SchemaParseException  # noqa: PLC0415  as above

    if not content.startswith(_MAGIC):
        raise BadData("is no Avro file")
    with BytesIO(content) as stream:
        try:
            reader: Any = fastavro.reader(stream)
        except SchemaParseException as error:
            raise BadData(f"its schema is none: {_first_line(error)}") from None
        schema: Any = reader.writer_schema
        if not isinstance(schema, dict):
            raise BadData("its schema is no record")
        if _is_endless(schema):
            raise BadData("its schema has lists of nothing")
        return f"{schema.get('namespace', '')}.{schema.get('name', '')}", list(reader)


def _is_endless(schema: Any) -> bool:
    """Tell whether a list may hold any number of items without a byte, as damage can have it."""
    if isinstance(schema, list):
        return any(_is_endless(one) for one in schema)
    if not isinstance(schema, dict):
        return False
    items = [schema.get("items"), schema.get("values")]
    inside = [schema.get("type"), *items, *schema.get("fields", ())]
    # What has a name may be the items of a list elsewhere.
    is_empty = schema.get("type") in _NAMED_TYPES and _is_empty(schema)
    return is_empty or any(map(_is_empty, items)) or any(map(_is_endless, inside))


def _is_empty(schema: Any) -> bool:
    """Tell whether what a schema describes takes no byte."""
    if not isinstance(schema, dict):
        return bool(schema == "null")
    kind = schema.get("type")
    if kind in ("record", "error"):
        return all(_is_empty(field.get("type")) for field in schema.get("fields", ()))
    return not schema.get("size") if kind == "fixed" else _is_empty(kind)


def _alert(record: Mapping[str, Any], schema_name: str) -> Alert:
    readers: dict[str, Callable[[], Alert]] = {
        "candidate": lambda: ztf_alert(record),
        "diaSource": lambda: lsst_alert(record, schema_name),
    }
    for name, read in readers.items():
        if name in record:
            return read()
    raise BadData(f"neither an alert of ZTF nor of LSST: it has {', '.join(sorted(record)[:8])}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
