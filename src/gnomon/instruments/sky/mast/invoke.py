"""MAST's ``invoke``: questions that take a while, in pages, and in parts where they are too large.

An answer may say that it is still being made; then the very same question, byte by byte, is asked
again, later and later. The same question with another mark would begin anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from gnomon.acquire.api import Api
from gnomon.core.unique import unique
from gnomon.errors import ServerFault, Unreachable
from gnomon.instruments.sky.mast.pages import COMPLETE, ERROR, EXECUTING, Page, joined, read_page
from gnomon.instruments.sky.mast.search import Search
from gnomon.instruments.sky.mast.splitting import parts

_COUNT = "COUNT_BIG(*)"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_SERVERS_PATIENCE_S = 30
"""After which MAST answers that it is still at work."""


@dataclass(frozen=True)
class Patience:
    """How long one answer is waited for.

    Attributes
    ----------
    longest_s : float
        In all, seconds.
    sleep, clock : callable
        In seconds; injected by tests.
    """

    longest_s: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Mast:
    """The service ``invoke``, safe to use from many threads.

    Parameters
    ----------
    path : str
        Below the address of `api`.
    page_rows : int
        Rows of a page.
    most_rows : int
        Above this MAST breaks off instead of answering, so larger questions are split.
    mark : callable
        Makes what tells one question from the same one of before, whose answer MAST keeps.
    """

    def __init__(
        self,
        api: Api,
        path: str = "api/v0/invoke",
        *,
        patience: Patience | None = None,
        page_rows: int = 50_000,
        most_rows: int = 500_000,
        mark: Callable[[], str] = unique,
    ) -> None:
        self._api, self._path, self._patience = api, path, patience or Patience()
        self._page_rows, self._most_rows, self._mark = page_rows, most_rows, mark

    @property
    def url(self) -> str:
        """Where questions are sent."""
        return f"{self._api.url}/{self._path}"

    def table(
        self, service: str, params: Mapping[str, object], *, most: int | None = None
    ) -> pa.Table:
        """Return all rows of an answer; zero rows have the declared types.

        Parameters
        ----------
        service : str
            ``Mast.Caom.Products``, ...
        most : int, optional
            Rows to return; pages behind them are not asked for.

        Raises
        ------
        ServerFault
            MAST says that it failed, and how; or its pages hold fewer rows than it says.
        Unreachable
            The answer is not there in time.
        SourceError
            As for `Api.content`.
        """
        pages = []
        n_rows = 0
        for page in self._pages(service, params, self._page_rows if most is None else most):
            if not page.has_rows:
                raise ServerFault(f"{self.url}: {service}: an answer without rows")
            pages.append(page.table)
            n_rows += len(page.table)
            if most is not None and n_rows >= most:
                break
        else:
            self._check(n_rows, page, service)
        return joined(pages)[:most]

    def count(self, search: Search) -> int:
        """Return how many observations there are."""
        page = self._page(search.service, search.params(_COUNT), 1, 1, self._mark())
        try:
            return int(page.table[0][0].as_py())
        except (IndexError, TypeError, ValueError):
            raise ServerFault(f"{self.url}: {search.service} does not say how many") from None

    def observations(self, search: Search, *, most: int | None = None) -> pa.Table:
        """Return observations, in as many questions as it takes.

        Raises
        ------
        SourceError
            As for `table`; `ServerFault` also where the rows cannot be split into smaller parts.
        """
        found: list[pa.Table] = []
        n_rows = 0
        for part in parts(search, self.count, self._most_rows):
            left = None if most is None else most - n_rows
            found.append(self.table(part.service, part.params(), most=left))
            n_rows += len(found[-1])
            if most is not None and n_rows >= most:
                break
        return joined(found)

    def ask(self, service: str, params: Mapping[str, object]) -> Page:
        """Return the first page of an answer."""
        return self._page(service, params, 1, self._page_rows, self._mark())

    def close(self) -> None:
        """Hang up."""
        self._api.close()

    def _pages(self, service: str, params: Mapping[str, object], most_rows: int) -> Iterator[Page]:
        mark, page_rows = self._mark(), min(self._page_rows, most_rows)
        number, n_pages = 1, 1
        while number <= n_pages:
            page = self._page(service, params, number, page_rows, mark)
            yield page
            number, n_pages = number + 1, page.n_pages

    def _page(
        self, service: str, params: Mapping[str, object], number: int, page_rows: int, mark: str
    ) -> Page:
        """Ask until the answer is there: the same bytes every time."""
        question = {
            "service": service,
            "params": params,
            "format": "json",
            "pagesize": page_rows,
            "page": number,
            "timeout": _SERVERS_PATIENCE_S,
            "cacheBreaker": mark,
        }
        form = {"request": json.dumps(question)}
        patience = self._patience
        end_s, wait_s = patience.clock() + patience.longest_s, _FIRST_WAIT_S
        while True:
            page = self._api.ask(self._path, form, read_page)
            if page.status == ERROR:
                raise ServerFault(f"{self.url}: {service}: {page.message or 'an error'}"[:500])
            if page.status == COMPLETE:
                return page
            if page.status != EXECUTING:
                raise ServerFault(f"{self.url}: {service}: the status {page.status!r} is unknown")
            if patience.clock() + wait_s > end_s:
                raise Unreachable(
                    f"{self.url}: {service}: no answer within {patience.longest_s:.0f} s"
                )
            patience.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _check(self, n_rows: int, page: Page, service: str) -> None:
        said = page.n_rows_in_all
        if said is not None and said != n_rows:
            raise ServerFault(
                f"{self.url}: {service}: {n_rows} rows arrived of the {said} announced"
            )
