"""A small SPICE of our own beside the real kernels: attitude with a gap, and three orbits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

SPACECRAFT, SUN, EARTH = -43, 10, 399
START = "2026-01-12T00:00:00"
SPAN_S, GAP_S = 3000.0, (1200.0, 1300.5)
"""Attitude covers this much from the start, but for the gap."""
AU_KM = 149_597_870.7


@dataclass(frozen=True)
class Sky:
    """A store's folder with kernels, and what they hold.

    `et` is TDB at the start of the attitude.
    """

    root: Path
    names: tuple[str, ...]
    et: float

    def metakernel(self, *names, also=()):
        path = self.root / "spice" / "mk" / "test.tm"
        path.parent.mkdir(parents=True, exist_ok=True)
        listed = "\n".join(f"  '{name}'" for name in (*(names or self.names), *also))
        path.write_text(f"KPL/MK\n\\begindata\nKERNELS_TO_LOAD = (\n{listed}\n)\n\\begintext\n")
        return path

    def without(self, part):
        return [name for name in self.names if part not in name]


@pytest.fixture
def spice():
    found = pytest.importorskip("spiceypy")
    found.kclear()
    yield found
    found.kclear()


@pytest.fixture(scope="session")
def sky(real, tmp_path_factory):
    """Real frames, constants, clock and despun attitude; our own attitude and orbits."""
    spice = pytest.importorskip("spiceypy")
    root = tmp_path_factory.mktemp("sky")
    for name in ("ck", "spk"):
        (root / name).mkdir()
    texts = ("naif0012.tls", "pck00011.tpc", "imap_130.tf", "imap_science_120.tf")
    names = [f"real/{name}" for name in (*texts, "imap_sclk_0136.tsc")]
    (root / "real").symlink_to(real / "spice")
    spice.kclear()
    for name in names:
        spice.furnsh(str(root / name))
    et = spice.str2et(START)
    _attitude(spice, root / "ck/turning.bc", et)
    for number, body in enumerate((SUN, EARTH, SPACECRAFT)):
        _orbit(spice, root / f"spk/{body}.bsp", body, et, number)
    spice.kclear()
    own = ("spk/10.bsp", "spk/399.bsp", "spk/-43.bsp", "ck/turning.bc")
    dps = "real/imap_dps_2026_009_2026_015_001.ah.bc"
    return Sky(root, (*names, *own, dps), et)


def _attitude(spice, path, et):
    """Turn once in 15.3 s about an axis that nods, one record a second and a half, with a gap."""
    seconds = np.arange(0.0, SPAN_S + 1, 1.5)
    seconds = seconds[(seconds <= GAP_S[0]) | (seconds >= GAP_S[1])]
    ticks = np.array([spice.sce2c(SPACECRAFT, et + s) for s in seconds])
    turns = [
        spice.m2q(spice.eul2m(2 * np.pi * s / 15.3, 0.4 + 0.01 * np.sin(s / 7), 0.2, 3, 1, 3))
        for s in seconds
    ]
    starts = np.array([ticks[0], ticks[np.searchsorted(seconds, GAP_S[1])]])
    handle = spice.ckopn(str(path), "test", 0)
    spice.ckw03(handle, ticks[0], ticks[-1], -43_000, "J2000", False, "turning", len(ticks),
                ticks, np.array(turns), np.zeros((len(ticks), 3)), len(starts), starts)  # fmt: skip
    spice.ckcls(handle)


def _orbit(spice, path, body, et, number):
    """Go round the barycentre in a year, the Sun almost not."""
    epochs = et + 3600.0 * np.arange(-30, 60)
    radius = (0.001, 1.0, 0.99)[number] * AU_KM
    angle = 2 * np.pi * (epochs - et) / 3.156e7 + (3.0, 1.0, 1.001)[number]
    rate = 2 * np.pi / 3.156e7
    out = np.stack([np.cos(angle), np.sin(angle), 0.1 * np.sin(angle)], axis=1)
    along = np.stack([-np.sin(angle), np.cos(angle), 0.1 * np.cos(angle)], axis=1)
    states = np.hstack([radius * out, radius * rate * along])
    handle = spice.spkopn(str(path), "test", 0)
    spice.spkw09(handle, body, 0, "ECLIPJ2000", epochs[0], epochs[-1], "orbit", 7,
                 len(epochs), states, epochs)  # fmt: skip
    spice.spkcls(handle)
