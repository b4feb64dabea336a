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


def summing(function: F) -> F:
    """Return a function compiled, whose sums may be taken in any order, so several at a time.

    NaN goes through a sum, but `math.isfinite` does not see it here: look at the sum outside.
    Sums of many numbers are best taken in blocks.
    """
    order_is_free = {"reassoc", "contract", "nsz"}
    made = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=order_is_free)(function)
    return cast("F", made)
