"""CDF (Common Data Format, version 3): what a file holds, and reading it.

Numbers come as they stand in the file: TT2000 as int64 nanoseconds, FILLVAL in place. `floats`
turns fill values into NaN where a caller wants that. Attributes keep their CDF types as NumPy
scalars, so that a file which is read and written again says the same. `cdf_writer` writes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, MissingExtra

TT2000 = "CDF_TIME_TT2000"
TYPES: Mapping[str, tuple[int, str]] = {
    "CDF_INT1": (1, "<i1"),
    "CDF_INT2": (2, "<i2"),
    "CDF_INT4": (4, "<i4"),
    "CDF_INT8": (8, "<i8"),
    "CDF_UINT1": (11, "<u1"),
    "CDF_UINT2": (12, "<u2"),
    "CDF_UINT4": (14, "<u4"),
    "CDF_REAL4": (21, "<f4"),
    "CDF_REAL8": (22, "<f8"),
    "CDF_EPOCH": (31, "<f8"),
    TT2000: (33, "<i8"),
    "CDF_BYTE": (41, "<i1"),
    "CDF_FLOAT": (44, "<f4"),
    "CDF_DOUBLE": (45, "<f8"),
    "CDF_CHAR": (51, "S"),
    "CDF_UCHAR": (52, "S"),
}
"""Number and NumPy type of each type of the CDF Internal Format Description, 5.3, that we write."""
_OF_DTYPE = {
    "i1": "CDF_INT1",
    "i2": "CDF_INT2",
    "i4": "CDF_INT4",
    "i8": "CDF_INT8",
    "u1": "CDF_UINT1",
    "u2": "CDF_UINT2",
    "u4": "CDF_UINT4",
    "f4": "CDF_REAL4",
    "f8": "CDF_DOUBLE",
}
# What cdflib lets through when a file is cut short or overwritten.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Variable:
    """One variable.

    Attributes
    ----------
    values : ndarray
        One record per row; of a variable that does not vary by record, the one record.
    attributes : mapping
        Text, NumPy scalars or 1-d arrays.
    type : str
        The CDF type, such as ``CDF_TIME_TT2000``; by the dtype of `values` where none is given.
    by_record : bool
        Whether it varies by record.
    """

    values: NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    type: str = ""
    by_record: bool = True

    def __post_init__(self) -> None:
        if not self.type:
            object.__setattr__(self, "type", type_of(self.values))


@dataclass(frozen=True)
class Cdf:
    """A whole file: global attributes, each a list of entries, and variables by name."""

    attributes: Mapping[str, tuple[Any, ...]]
    variables: Mapping[str, Variable]

    def first(self, attribute: str, default: str = "") -> str:
        """Return the first entry of a global attribute as text."""
        entries = self.attributes.get(attribute, ())
        return str(entries[0]) if entries else default


def type_of(values: NDArray[Any]) -> str:
    """Return the CDF type that holds an array."""
    if values.dtype.kind in "US":
        return "CDF_CHAR"
    try:
        return _OF_DTYPE[values.dtype.str[1:]]
    except KeyError:
        raise BadData(f"CDF has no type for {values.dtype}") from None


def read_cdf(path: Path, names: Collection[str] | None = None) -> Cdf:
    """Read a file.

    Parameters
    ----------
    path : Path
    names : collection of str, optional
        The variables to read; all when None. Names that the file lacks are left out.

    Raises
    ------
    BadData
        The file is no CDF, is cut short, or holds nonsense.
    """
    try:
        return _read(path, names)
    except _UNREADABLE as error:
        raise BadData(f"{path.name}: no readable CDF: {error}") from None


def _read(path: Path, names: Collection[str] | None) -> Cdf:
    opened = _cdflib().CDF(path)
    info = opened.cdf_info()
    wanted = [name for name in [*info.zVariables, *info.rVariables] if not names or name in names]
    attributes = {
        name: tuple(entries) for name, entries in opened.globalattsget().items() if entries
    }
    return Cdf(attributes, {name: _variable(opened, name) for name in wanted})


def _variable(opened: Any, name: str) -> Variable:
    asked = opened.varinq(name)
    shape = tuple(
        size for size, varies in zip(asked.Dim_Sizes, asked.Dim_Vary, strict=False) if varies
    )
    if asked.Last_Rec < 0:
        dtype = TYPES[asked.Data_Type_Description][1]
        values = np.empty((0, *shape), "U1" if dtype == "S" else dtype)
    else:
        values = np.asarray(opened.varget(name))
        rows = (asked.Last_Rec + 1, *shape) if asked.Rec_Vary else shape
        values = values.reshape(rows)  # one record comes without its first axis
    attributes = dict(opened.varattsget(name))
    return Variable(values, attributes, asked.Data_Type_Description, bool(asked.Rec_Vary))


def _cdflib() -> Any:
    try:
        import cdflib  # noqa: PLC0415  optional
    except ImportError:
        raise MissingExtra("cdflib", "imap") from None
    return cdflib


def floats(variable: Variable) -> NDArray[np.float64]:
    """Return values as float64, with NaN for FILLVAL and for -1e31, which ISTP prescribes."""
    values = variable.values.astype(np.float64)
    fills = [-1e31, float(np.float32(-1e31))]
    stated = variable.attributes.get("FILLVAL")
    # 0 is a FILLVAL of some flight files, and a field of nought is no missing field.
    if isinstance(stated, np.generic | int | float) and float(stated) != 0.0:
        fills.append(float(stated))
    for fill in fills:
        values[values == fill] = np.nan
    return values
