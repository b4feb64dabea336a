"""IRSA's TAP service: questions in ADQL, answered at once or by a job that is asked after."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Mapping
from io import StringIO
from urllib.parse import urlsplit

from gnomon.acquire.api import Api
from gnomon.errors import BadData, Refused, ServerFault, Unreachable

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_GROWTH = 1.5
_WAITING = frozenset({"PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN"})


class Tap:
    """A client of one TAP service.

    Parameters
    ----------
    api : Api
        Its address ends in ``/TAP``.
    longest_s : float
        A job that takes longer is given up.
    sleep, clock : callable
        Wait, and tell seconds; tests have their own.
    """

    def __init__(
        self,
        api: Api,
        *,
        longest_s: float = 1800.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._longest_s, self._sleep, self._clock = api, longest_s, sleep, clock

    @property
    def url(self) -> str:
        """The service's root."""
        return self._api.url

    def sync(self, adql: str) -> bytes:
        """Return the answer to a short question, CSV with its header.

        Raises
        ------
        SourceError
            The service failed, or says that the question is wrong.
        """
        return self._api.ask("sync", _question(adql), _csv)

    def rows(self, adql: str) -> list[dict[str, str]]:
        """Return the answer to a short question, its rows as texts by column; see `sync`."""
        return self._api.ask("sync", _question(adql), _rows)

    def job(self, adql: str) -> bytes:
        """Return the answer to a question that takes long, CSV with its header.

        Raises
        ------
        Refused
            The job failed; with the service's words.
        Unreachable
            It is not done within the time for it.
        SourceError
            As for `sync`.
        """
        start_s = self._clock()
        where = self._api.located("async", {**_question(adql), "PHASE": "RUN"})
        job = self._below(where)
        wait_s = _FIRST_WAIT_S
        while (phase := self._api.text(f"{job}/phase").strip()) in _WAITING:
            if self._clock() - start_s > self._longest_s:
                raise Unreachable(f"{where}: not done after {self._longest_s:.0f} s")
            self._sleep(wait_s)
            wait_s = min(wait_s * _GROWTH, _LONGEST_WAIT_S)
        if phase != "COMPLETED":
            told = _plain(self._api.text(f"{job}/error", empty=True))
            raise Refused(f"{where}: the job ended as {phase}: {told}")
        return _csv(self._api.content(f"{job}/results/result"))

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def _below(self, where: str) -> str:
        """Return the path of a job; one of another place is not followed."""
        path = urlsplit(where).path
        root = urlsplit(self._api.url).path + "/"
        if not path.startswith(root):
            raise ServerFault(f"{self._api.url}/async: the job is at {where!r}, which is no path")
        return path[len(root) :].rstrip("/")


def text(value: str) -> str:
    """Return a text as ADQL quotes it."""
    return "'" + value.replace("'", "''") + "'"


def _question(adql: str) -> Mapping[str, str]:
    return {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": adql}


def _csv(body: bytes) -> bytes:
    """Return a body that is a table; an error may come with HTTP 200."""
    if body.lstrip().startswith(b"<"):
        raise Refused(f"TAP: {_plain(body.decode('utf-8', 'replace'))}")
    if not body.endswith(b"\n"):
        raise ServerFault("TAP: the answer breaks off")
    return body


def _rows(body: bytes) -> list[dict[str, str]]:
    """Return rows by column; a body that is no table is a `ValueError`."""
    try:
        names, *rows = csv.reader(StringIO(_csv(body).decode("utf-8-sig")))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    return [dict(zip(names, row, strict=True)) for row in rows if row]


def _plain(xml: str) -> str:
    words = " ".join(re.sub(r"<[^>]*>", " ", xml).split())
    if not words:
        raise BadData("TAP: an error without a word")
    return words[:200]
