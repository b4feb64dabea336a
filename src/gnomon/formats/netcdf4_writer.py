"""Writes NetCDF-4 files (HDF5) of the classic model, as `gnomon.formats.netcdf4` reads them.

The same arguments give the same bytes with the same version of HDF5: nothing is dated.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np

from gnomon.errors import MissingExtra
from gnomon.formats.netcdf3_writer import Attributes, NewVariable

_BARE = "This is a netCDF dimension but not a netCDF variable.{:10d}"
_ZLIB_LEVEL = 4


def encode(
    dimensions: Mapping[str, int], variables: Sequence[NewVariable], attributes: Attributes = ()
) -> bytes:
    """Return the bytes of a NetCDF-4 file; variables are compressed, one chunk each.

    Parameters
    ----------
    dimensions : mapping of str to int
        Lengths in order; none grows.
    variables : sequence of NewVariable
        As for `gnomon.formats.netcdf3_writer.encode`.
    attributes : tuple of pairs
        Global attributes.

    Raises
    ------
    MissingExtra
        h5py is not installed.
    """
    try:
        import h5py  # noqa: PLC0415 - needed by simulators only
    except ImportError:
        raise MissingExtra("h5py", "argo") from None
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", track_order=True) as file:
        file.attrs["_nc3_strict"] = np.int32(1)
        for name, value in attributes:
            file.attrs[name] = np.bytes_(value.encode()) if isinstance(value, str) else value
        for index, (name, length) in enumerate(dimensions.items()):
            scale = file.create_dataset(name, (length,), ">f4", track_times=False)
            scale.make_scale(_BARE.format(length))
            scale.attrs["_Netcdf4Dimid"] = np.int32(index)
        for variable in variables:
            packed = {"compression": _ZLIB_LEVEL, "shuffle": True, "chunks": variable.data.shape}
            held = file.create_dataset(
                variable.name,
                data=variable.data,
                track_times=False,
                **(packed if variable.dimensions else {}),
            )
            for name, value in variable.attributes:
                whole = (
                    np.bytes_(value.encode()) if isinstance(value, str) else np.atleast_1d(value)
                )
                held.attrs[name] = whole
            for axis, name in enumerate(variable.dimensions):
                held.dims[axis].attach_scale(file[name])
    return buffer.getvalue()
