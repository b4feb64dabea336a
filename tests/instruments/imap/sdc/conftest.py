"""A project whose science data centre is on loopback."""

from datetime import UTC, datetime

import pytest

from gnomon.instruments.imap.simulate.services import (
    KernelFile,
    ScienceFile,
    Services,
    TableFile,
    Tokens,
)
from terminal import gnomon

KEY = "s3cret-key-0123456789"
CDF = b"\xcd\xf3\x00\x01"
DAF = b"DAF/CK  "
SETTINGS = "[network]\ntries = 2\nread_timeout_s = 5\n[loop]\nmost_tries = 1\n"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Centre:
    """The science data centre and a project that fetches from it."""

    def __init__(self, folder, services):
        self.folder, self.services, self.sdc = folder, services, services.sdc
        (folder / "gnomon.toml").write_text(SETTINGS)
        self.set_key(KEY)

    def set_key(self, key):
        lines = [f"IMAP_DATA_ACCESS_URL={self.services.urls.sdc}"]
        lines += [f"IMAP_API_KEY={key}"] if key else []
        (self.folder / ".env").write_text("\n".join(lines) + "\n")

    def science(self, name, version="v001.0001", ingested="2025-10-20T08:00:00", body=b""):
        """Put ``l1c_norm-mago_20251017`` into the archive."""
        level, _, day = name.split("_")
        path = f"imap/mag/{level}/{day[:4]}/{day[4:6]}/imap_mag_{name}_{version}.cdf"
        file = ScienceFile(path, CDF + (body or f"{name}{version}".encode()), utc(ingested))
        self.sdc.science = [one for one in self.sdc.science if one.path != path] + [file]

    def kernel(self, name, kind, root, version, *spans, ingested="2025-11-01T08:05:12", body=None):
        spans = spans or (("2010-01-01", "2050-01-01"),)
        intervals = tuple((utc(a), utc(b)) for a, b in spans)
        text = DAF + name.encode() if name.endswith(("bc", "bsp")) else b"KPL/X\n" + name.encode()
        body = text if body is None else body
        file = KernelFile(name, body, utc(ingested), kind, intervals, root, version)
        self.sdc.kernels.append(file)

    def table(self, rows, name, ingested, start, stop):
        folder = "spin" if name.endswith("spin") else "activities"
        file = TableFile(
            f"imap/spice/{folder}/{name}", name.encode(), utc(ingested), utc(start), utc(stop)
        )
        rows.append(file)

    def fetch(self, *words, code=0):
        return gnomon("imap", "fetch", *words, folder=self.folder, code=code)

    def run(self, *words, code=0):
        return gnomon(*words, folder=self.folder, code=code)

    def stored(self):
        """Return the files of the store with their bytes, without those at work."""
        root = self.folder / "store"
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and not path.relative_to(root).parts[0].startswith(".")
        }

    def asked(self, part=""):
        """Return the queries since the last call, in order."""
        found = [r for r in self.services.requests if part in r.path]
        texts = [f"{r.path}?{r.query}" for r in found]
        self.services.requests.clear()
        return texts


@pytest.fixture
def centre(tmp_path, monkeypatch):
    for name in ("IMAP_API_KEY", "IMAP_DATA_ACCESS_URL"):
        monkeypatch.delenv(name, raising=False)
    with Services(Tokens(sdc=KEY)) as services:
        yield Centre(tmp_path, services)
