"""Files of the GDAC with something changed in them, for tests of what is refused."""

import shutil

import h5py
import numpy as np

from gnomon.formats import netcdf3
from gnomon.formats.netcdf3_writer import NewVariable, encode


def rewrite(source, target, change):
    """Copy a file, with `change(dimensions, variables)` applied to what is written."""
    file = netcdf3.read(source)
    dimensions = {n: None if n == file.record_dimension else k for n, k in file.dimensions.items()}
    variables = {
        name: NewVariable(
            name,
            v.dimensions,
            v.array().astype(v.dtype.newbyteorder("=")),
            tuple(
                (key, v.dtype.type(value) if key == "_FillValue" and v.dtype.kind != "S" else value)
                for key, value in v.attributes.items()
            ),
        )
        for name, v in file.items()
    }
    change(dimensions, variables)
    target.write_bytes(encode(dimensions, list(variables.values()), tuple(file.attributes.items())))
    return target


def rewrite_hdf5(source, target, change):
    """Copy a NetCDF-4 file, with `change(file)` applied to the copy."""
    shutil.copy(source, target)
    target.chmod(0o644)
    with h5py.File(target, "r+") as file:
        change(file)
    return target


def put(variables, name, at, value):
    """Change values of one variable."""
    old = variables[name]
    data = old.data.copy()
    data[at] = value
    variables[name] = NewVariable(name, old.dimensions, data, old.attributes)


def describe(variables, name, **attributes):
    """Change attributes of one variable; None removes one."""
    old = variables[name]
    kept = {**dict(old.attributes), **attributes}
    pairs = tuple((key, value) for key, value in kept.items() if value is not None)
    variables[name] = NewVariable(name, old.dimensions, old.data, pairs)


def as_read(reference, name, part):
    """Return a variable of a netCDF4 dataset as our readers give it; None where it is absent."""
    if name + part not in reference.variables:
        return None
    reference.set_auto_mask(False)
    variable = reference[name + part]
    values = variable[...]
    if values.dtype.kind == "S":
        codes = np.full(values.shape, -1, np.int8)
        codes[values != b" "] = values[values != b" "].astype(int)
        return codes
    fill = variable.getncattr("_FillValue")
    return np.where(values == fill, np.nan, values)
