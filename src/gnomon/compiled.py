"""Compiles a function of arrays, once for a machine: Numba keeps the result beside the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return a function compiled, where x / 0 is inf or NaN as in NumPy, not an error."""
    made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("F", made)
