"""The simulated IRSA on a real socket."""

import pytest

from gnomon.sim.service import Service


@pytest.fixture
def irsa(sky):
    from gnomon.instruments.sky.simulate.irsa import Irsa  # noqa: PLC0415 - heavy

    return Irsa(sky, nights=24)


@pytest.fixture
def service(irsa):
    from gnomon.instruments.sky.simulate.irsa import PATH, TAP_PATH  # noqa: PLC0415 - heavy

    with Service({PATH: irsa, TAP_PATH: irsa.tap}) as running:
        yield running


@pytest.fixture
def urls(service):
    """Where a source finds both services."""
    from gnomon.instruments.sky.simulate.irsa import PATH, TAP_PATH  # noqa: PLC0415 - heavy

    return {"url": service.url + PATH, "tap_url": service.url + TAP_PATH}
