"""Where the first chain of the seed system gets its files from, as sources of gnomon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.errors import ConfigError
from gnomon.instruments.comap.master.grammar import Call

_WHOLE = re.compile(r"\s*(\d+)(?:\.0*)?\s*")
_CO_FIELDS = ("co[0-9]*",)
"""Folders of fields of the line survey, which the seed system does not copy."""


@dataclass
class Acquired:
    """Where Level-1 files and flags come from.

    Attributes
    ----------
    links : list of str
        Modules of the first chain that are to run.
    roots : list of str
        Folders of Level-1 files.
    host, far, near : str
        A remote archive: who is asked, its folder there, and the folder of copies here.
    flags_file : str
        The observers' list.
    min_obsid, min_remote_obsid : int
        The first to be processed, and to be copied.
    """

    links: list[str] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    host: str = ""
    far: str = ""
    near: str = ""
    flags_file: str = ""
    min_obsid: int = 0
    min_remote_obsid: int = 0

    def take(self, call: Call, remarks: list[str]) -> None:
        """Note a module of the chain."""
        self.links.append(call.name)
        if call.name == "ObserverFlags":
            said = call.options
            self.flags_file = str(said.get("observer_flags_csv_file") or said.get("csv") or "")
            if not self.flags_file:
                raise ConfigError("ObserverFlags: observer_flags_csv_file names the list")
        elif call.name == "DataAssess":
            self.roots = roots_of(call.options) or self.roots
        elif call.name == "DataCheckRemote":
            remarks.append("DataCheckRemote: `gnomon run --dry-run` tells what would be fetched")
        else:
            self._remote(call.options, remarks)

    def sources(self, folder: Path) -> list[dict[str, Any]]:
        """Return the sources of a pipeline; relative paths become those below `folder`."""
        near = [str(_below(folder, self.near))] if self.near and self.host else []
        roots = list(dict.fromkeys([str(_below(folder, root)) for root in self.roots] + near))
        if not roots:
            raise ConfigError(
                "where are the Level-1 files? give level1_data_paths, in"
                " [modules.DataAcquisition.DataAssess.DataAssess] or in [Master]"
            )
        level1: dict[str, Any] = {"use": "comap.level1", "roots": roots}
        if self.min_obsid:
            level1["min_obsid"] = self.min_obsid
        found = [level1]
        if near:
            url = f"ssh://{self.host}/{self.far.strip('/')}"
            found.insert(0, self._remote_source(url, near[0], roots))
        if self.flags_file:
            flags = str(_below(folder, self.flags_file))
            found.append({"use": "comap.observer_flags", "file": flags})
        return found

    def _remote(self, options: Mapping[str, Any], remarks: list[str]) -> None:
        far, near = (options.get(name) for name in ("presto_info", "local_info"))
        if not isinstance(far, Mapping) or not isinstance(near, Mapping):
            raise ConfigError("DataAcquisition: presto_info and local_info must be tables")
        try:
            self.host, self.far = str(far["host"]), str(far["data_directory"])
            self.near = str(near["data_directory"])
        except KeyError as error:
            raise ConfigError(f"DataAcquisition: {error.args[0]} is absent") from None
        self.min_remote_obsid = whole("min_obsid_download", options.get("min_obsid_download", 0))
        if "sql_file_command" in options:
            remarks.append("DataAcquisition: folders are listed over ssh; no SQL runs there")
        if options.get("dry_run"):
            remarks.append("DataAcquisition: dry_run has no effect; use `gnomon run --dry-run`")

    def _remote_source(self, url: str, near: str, roots: list[str]) -> dict[str, Any]:
        return {
            "use": "comap.remote",
            "url": url,
            "copy_to": near,
            "known": [root for root in roots if root != near],
            "min_obsid": self.min_remote_obsid,
            "leave_out": list(_CO_FIELDS),
        }


def roots_of(said: Mapping[str, Any]) -> list[str]:
    """Return `level1_data_paths` of a table; none where it has none."""
    roots = said.get("level1_data_paths", [])
    if not isinstance(roots, list) or not all(isinstance(root, str) for root in roots):
        raise ConfigError("level1_data_paths must be a list of folders")
    return roots


def _below(folder: Path, said: str) -> Path:
    return (folder / said).absolute()


def whole(name: str, said: Any) -> int:
    """Return a whole number, however it is written.

    Raises
    ------
    ConfigError
        It is none.
    """
    found = None if isinstance(said, bool) else _WHOLE.fullmatch(str(said))
    if not found:
        raise ConfigError(f"{name}: {said!r} is no whole number")
    return int(found[1])
