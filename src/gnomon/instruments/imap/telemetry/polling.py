"""Asking for several things of one archive: what one lacks does not keep the others back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gnomon.errors import NotAuthorised, SourceError

T = TypeVar("T")
AT_ONCE = 8
_SHOWN = 3


def ask_each(names: Iterable[str], ask: Callable[[str], T]) -> tuple[dict[str, T], str]:
    """Ask for each name, several at a time.

    Returns
    -------
    answers : dict
        By name, in the order of the names; without those that failed.
    flaw : str
        Which failed, and how; empty where none did.

    Raises
    ------
    NotAuthorised
        The token is wrong: no other answer will come either.
    SourceError
        All failed; the error of the first.
    """
    wanted = list(names)
    with ThreadPoolExecutor(AT_ONCE, "gnomon-listing") as pool:
        calls = {name: pool.submit(_or_error, ask, name) for name in wanted}
        found = {name: call.result() for name, call in calls.items()}
    errors = {name: one for name, one in found.items() if isinstance(one, SourceError)}
    for error in errors.values():
        if isinstance(error, NotAuthorised) or len(errors) == len(found):
            raise error
    answers = {name: one for name, one in found.items() if not isinstance(one, SourceError)}
    told = [f"{name}: {error}" for name, error in errors.items()]
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return answers, "; ".join([*told[:_SHOWN], *more])


def _or_error(ask: Callable[[str], T], name: str) -> T | SourceError:
    try:
        return ask(name)
    except SourceError as error:
        return error
