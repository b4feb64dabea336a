"""Folder listings as web and FTP servers print them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

from gnomon.acquire.transport import Entry, microseconds
from gnomon.errors import BadData

_TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "%Y-%m-%d %H:%M"),  # Apache
    (re.compile(r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d"), "%d-%b-%Y %H:%M"),  # nginx, old Apache
)
_EXACT_SIZE = re.compile(r"\s(\d+)\s*$")
_LS_LINE = re.compile(r"([-dl])\S{9}\S*\s+\d+\s+\S+\s+\S+\s+(\d+)\s+\w{3}\s+\d+\s+[\d:]+ (.+)")


class _Links(HTMLParser):
    """Collects (href, the text from the end of the link to the next link)."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, str]] = []
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") if tag == "a" else None
        if href is not None:
            self._in_link = True
            self.rows.append((href, ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_link = self._in_link and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.rows and not self._in_link:
            href, text = self.rows[-1]
            self.rows[-1] = href, text + data


def parse_autoindex(page: str) -> list[Entry]:
    """Read the listing that Apache or nginx makes of a folder.

    Times have no zone there; they are taken as UTC, which is what archives run on.

    Raises
    ------
    BadData
        The page is something else, such as a login form, or was cut.
    """
    if "Index of" not in page or "</html>" not in page.lower():
        raise BadData("the page is no folder listing of Apache or nginx, or is cut")
    links = _Links()
    links.feed(page)
    links.close()
    return [_web_entry(href, text) for href, text in links.rows if _names_a_child(href)]


def _names_a_child(href: str) -> bool:
    """Leave out the parent folder and the links that sort."""
    name = href.removesuffix("/")
    return bool(name) and "/" not in name and name not in (".", "..") and name[0] not in "?#"


def _web_entry(href: str, text: str) -> Entry:
    size = _EXACT_SIZE.search(text)
    return Entry(
        unquote(href).removesuffix("/"),
        is_folder=href.endswith("/"),
        size=int(size[1]) if size and not href.endswith("/") else None,
        mtime_us=_time_us(text),
    )


def _time_us(text: str) -> int | None:
    for pattern, form in _TIMES:
        found = pattern.search(text)
        if found:
            return microseconds(datetime.strptime(found[0], form).replace(tzinfo=UTC))
    return None


def parse_mlsd(lines: Iterable[str]) -> list[Entry]:
    """Read the reply to MLSD (RFC 3659); its times are UTC."""
    entries = []
    for line in lines:
        facts, _, name = line.partition(" ")
        fact = dict(part.lower().split("=", 1) for part in facts.split(";") if "=" in part)
        kind = fact.get("type", "file")
        if kind in ("cdir", "pdir"):
            continue
        size = fact.get("size", "") if kind == "file" else ""
        size_bytes = int(size) if size.isdecimal() else None
        entries.append(Entry(name, kind == "dir", size_bytes, mdtm_us(fact.get("modify", ""))))
    return entries


def parse_ls(lines: Iterable[str]) -> list[Entry]:
    """Read the reply to LIST of a Unix server.

    It gives no years and no zones, so the times are left out; MDTM tells them.

    Raises
    ------
    BadData
        A line is not what ``ls -l`` prints.
    """
    entries = []
    for line in lines:
        found = _LS_LINE.fullmatch(line)
        if found is not None:
            kind, size, name = found.groups()
            name = name.partition(" -> ")[0] if kind == "l" else name
            entries.append(Entry(name, kind == "d", int(size) if kind == "-" else None))
        elif not line.startswith("total "):
            raise BadData(f"a line of the listing makes no sense: {line!r}")
    return [entry for entry in entries if entry.name not in (".", "..")]


def mdtm_us(text: str) -> int | None:
    """Read ``YYYYMMDDHHMMSS[.sss]``, which is UTC; None where it is something else."""
    try:
        instant = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return microseconds(instant)
