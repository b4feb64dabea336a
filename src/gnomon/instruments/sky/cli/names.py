"""Names of targets become places, by MAST's resolver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from gnomon.acquire.connect import network_of
from gnomon.engine.project import Project
from gnomon.errors import SourceError


class Names:
    """MAST's resolver, reached when the first name is asked for."""

    def __init__(self, opened: Project) -> None:
        self._opened, self._stack = opened, ExitStack()

    def places(self, names: Sequence[str]) -> tuple[Mapping[str, tuple[float, float]], str]:
        """Return ra and dec, degrees, of the known names, and what is wrong with others."""
        from gnomon.instruments.sky.mast import access  # noqa: PLC0415 - only if asked
        from gnomon.instruments.sky.mast.names import resolve_each  # noqa: PLC0415 - heavy

        network = network_of(self._opened.settings.network, self._opened.folder)
        api = access.mast_api("", network, access.MAST_TOKEN)
        self._stack.callback(api.close)
        try:
            found, problem = resolve_each(access.invoke(api, network), names)
        except SourceError as error:
            return {}, str(error)
        return {one.name: (one.ra_deg, one.dec_deg) for one in found}, problem

    def close(self) -> None:
        """Hang up."""
        self._stack.close()
