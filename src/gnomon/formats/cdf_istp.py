"""Checks a CDF against the ISTP guidelines that the SPDF archive demands.

After "ISTP/IACG Guidelines for CDF" (SPDF, GSFC): required global attributes, the attributes of
each type of variable, dependencies that exist and fit, fill values, and an epoch that increases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gnomon.formats.cdf import TT2000, TYPES, Cdf, Variable

GLOBAL = (
    *("Project", "Source_name", "Discipline", "Data_type", "Descriptor", "Data_version"),
    *("Logical_file_id", "PI_name", "PI_affiliation", "TEXT", "Instrument_type", "Mission_group"),
    *("Logical_source", "Logical_source_description"),
)
"""The global attributes that every file must have."""
_SHORT_AND_LONG = ("Project", "Source_name", "Discipline", "Data_type", "Descriptor")
"""Those that say ``short>long``."""
_TYPES = ("data", "support_data", "metadata", "ignore_data")
_TIMES = (TT2000, "CDF_EPOCH", "CDF_EPOCH16")
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_LONGEST_CATDESC = 80


def fill_of(name: str) -> Any:
    """Return the FILLVAL that ISTP prescribes for a CDF type."""
    dtype = TYPES[name][1]
    if dtype == "S":
        return " "
    if np.dtype(dtype).kind == "f":
        return np.array(-1e31, dtype)[()]
    limits = np.iinfo(dtype)
    return np.array(limits.min if np.dtype(dtype).kind == "i" else limits.max, dtype)[()]


def istp_flaws(cdf: Cdf, stem: str = "") -> list[str]:
    """Return what a file lacks, one sentence each; nothing where it conforms.

    Parameters
    ----------
    cdf : Cdf
    stem : str, optional
        The file's name without its suffix, which ``Logical_file_id`` must equal.
    """
    flaws = list(_global(cdf, stem))
    for name, variable in cdf.variables.items():
        flaws += [f"{name}: {flaw}" for flaw in _of_variable(cdf, name, variable)]
    return flaws


def _global(cdf: Cdf, stem: str) -> Iterator[str]:
    for name in GLOBAL:
        if not cdf.first(name).strip():
            yield f"global attribute {name} is missing"
        elif name in _SHORT_AND_LONG and ">" not in cdf.first(name):
            yield f"global attribute {name} does not say short>long"
    identity, source = cdf.first("Logical_file_id"), cdf.first("Logical_source")
    if not identity.startswith(f"{source}_"):
        yield f"Logical_file_id {identity} does not begin with Logical_source {source}"
    if stem and identity != stem:
        yield f"Logical_file_id {identity} is not the file's name {stem}"


def _of_variable(cdf: Cdf, name: str, variable: Variable) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "no legal name"
    sort = variable.attributes.get("VAR_TYPE")
    if sort not in _TYPES:
        yield f"VAR_TYPE {sort!r} is none of {', '.join(_TYPES)}"
    for needed in ("CATDESC", "FIELDNAM"):
        if not str(variable.attributes.get(needed, "")).strip():
            yield f"{needed} is missing"
    if len(str(variable.attributes.get("CATDESC", ""))) > _LONGEST_CATDESC:
        yield f"CATDESC is longer than {_LONGEST_CATDESC} characters"
    if not {"FORMAT", "FORM_PTR"} & variable.attributes.keys():
        yield "FORMAT is missing"
    if sort != "metadata":
        yield from _numbers(variable)
    if sort == "data" and "DISPLAY_TYPE" not in variable.attributes:
        yield "DISPLAY_TYPE is missing"
    yield from _dependencies(cdf, variable, is_data=sort == "data")
    if variable.type in _TIMES and variable.by_record:
        yield from _time(variable)


def _numbers(variable: Variable) -> Iterator[str]:
    if not {"UNITS", "UNIT_PTR"} & variable.attributes.keys():
        yield "UNITS is missing"
    wanted = np.dtype(TYPES[variable.type][1])
    for name in ("FILLVAL", "VALIDMIN", "VALIDMAX"):
        value = variable.attributes.get(name)
        if value is None:
            yield f"{name} is missing"
        elif np.asarray(value).dtype != wanted:
            yield f"{name} is {np.asarray(value).dtype}, not {wanted} as the values are"
    fill = variable.attributes.get("FILLVAL")
    if fill is not None and np.any(np.asarray(fill) != fill_of(variable.type)):
        yield f"FILLVAL is {fill}, not {fill_of(variable.type)}"


def _dependencies(cdf: Cdf, variable: Variable, *, is_data: bool) -> Iterator[str]:
    if variable.by_record:
        yield from _depend_0(cdf, variable)
    sizes = variable.values.shape[1 if variable.by_record else 0 :]
    if is_data:
        yield from _axes(variable, len(sizes))
    for axis, size in enumerate(sizes, 1):
        for name in (f"DEPEND_{axis}", f"LABL_PTR_{axis}"):
            pointed = cdf.variables.get(_text(variable, name))
            if pointed is not None and pointed.values.shape[-1:] != (size,):
                yield f"{name} has another size than {size}"
    for name, value in variable.attributes.items():
        if name.startswith(("DEPEND_", "LABL_PTR_")) and str(value) not in cdf.variables:
            yield f"{name} points at {value}, which is no variable"


def _axes(variable: Variable, n_axes: int) -> Iterator[str]:
    for axis in range(1, n_axes + 1):
        if f"DEPEND_{axis}" not in variable.attributes:
            yield f"DEPEND_{axis} is missing"
        if not {f"LABL_PTR_{axis}", "LABLAXIS"} & variable.attributes.keys():
            yield f"LABL_PTR_{axis} is missing"
    if not n_axes and "LABLAXIS" not in variable.attributes:
        yield "LABLAXIS is missing"


def _depend_0(cdf: Cdf, variable: Variable) -> Iterator[str]:
    if "DEPEND_0" not in variable.attributes:
        if variable.type not in _TIMES:
            yield "DEPEND_0 is missing"
        return
    depended = cdf.variables.get(_text(variable, "DEPEND_0"))
    if depended is not None and depended.type not in _TIMES:
        yield "DEPEND_0 is no time"
    elif depended is not None and len(depended.values) != len(variable.values):
        yield f"has {len(variable.values)} records, its DEPEND_0 {len(depended.values)}"


def _text(variable: Variable, name: str) -> str:
    return str(variable.attributes.get(name, ""))


def _time(variable: Variable) -> Iterator[str]:
    if len(variable.values) > 1 and not bool(np.all(np.diff(variable.values) > 0)):
        yield "does not increase"
    for name in ("TIME_BASE", "TIME_SCALE", "REFERENCE_POSITION", "UNITS"):
        if name not in variable.attributes:
            yield f"{name} is missing"
