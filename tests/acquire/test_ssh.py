"""Archives over SSH, from a server on loopback with keys of its own."""

import os
import threading

import asyncssh
import pytest

from gnomon.acquire.connect import connect
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.ssh import SshTransport
from gnomon.acquire.transport import Limits
from gnomon.errors import ConfigError, NotAuthorised, NotFound, Unreachable
from gnomon.testing.transport import BIG, FILES, TransportSuite
from sshd import served


@pytest.fixture
def sshd(folder, tmp_path):
    with served(folder, tmp_path / "home") as running:
        yield running


class TestSsh(TransportSuite):
    @pytest.fixture
    def transport(self, folder, tmp_path):
        with served(folder, tmp_path / "home") as running:
            yield from closed(running.transport())


def closed(transport):
    yield transport
    transport.close()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "archive"
    (root / "dac/a").mkdir(parents=True)
    (root / "dac/a/1.nc").write_bytes(FILES[BIG])
    return root


PATH = "dac/a/1.nc"


def test_a_root_is_below_the_account_s(sshd):
    transport = sshd.transport("dac/a/")
    assert transport.url == f"ssh://127.0.0.1:{sshd.port}/dac/a"
    assert [entry.name for entry in transport.list()] == ["1.nc"]
    transport.close()
    home = sshd.transport("~/dac")
    assert [entry.name for entry in home.list()] == ["a"]
    home.close()


def test_links_are_followed_or_left_out(sshd, folder):
    (folder / "link").symlink_to("dac/a")
    (folder / "lost").symlink_to("nowhere")
    transport = sshd.transport()
    assert [(one.name, one.is_folder) for one in transport.list()] == [
        ("dac", True),
        ("link", True),
    ]
    transport.close()


def test_a_folder_is_no_file(sshd):
    transport = sshd.transport()
    for ask in (transport.stat, transport.read):
        with pytest.raises(NotFound, match="is a folder"):
            ask("dac")
    transport.close()


def test_an_unknown_host_is_not_trusted(sshd, tmp_path):
    (tmp_path / "none").write_text("")
    transport = sshd.transport(known_hosts=tmp_path / "none")
    with pytest.raises(NotAuthorised, match="make the host known"):
        transport.stat(PATH)
    transport.close()


def test_an_unknown_key_is_refused_and_no_password_is_told(sshd, tmp_path):
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "other")
    options = {"keys": [tmp_path / "other"], "known_hosts": sshd.known_hosts}
    for url in (sshd.url, sshd.url.replace("me@", "me:hush@")):
        transport = SshTransport(url, **options)
        with pytest.raises(NotAuthorised) as caught:
            transport.stat(PATH)
        assert "hush" not in f"{caught.value}{transport.url}"
        transport.close()


def test_a_lost_connection_is_made_anew(sshd):
    transport = sshd.transport()
    assert transport.stat(PATH).size
    sshd.hang_up()
    for _ in range(50):
        try:
            transport.stat(PATH)
        except Unreachable:
            break
    assert transport.stat(PATH).size == len(FILES[BIG])
    transport.close()
    assert transport.stat(PATH).size  # and after it was closed
    transport.close()


def test_a_transfer_that_breaks_is_resumed(sshd, folder, tmp_path):
    content = os.urandom(12_000_000)
    (folder / PATH).write_bytes(content)
    transport = sshd.transport()
    come = []

    def progress(n):
        if len(come) == 1:
            sshd.hang_up()
        come.append(n)

    waits = []
    got = download(
        transport, PATH, tmp_path / "copy", retry=Retry(sleep=waits.append), progress=progress
    )
    assert (tmp_path / "copy").read_bytes() == content
    assert got.size == len(content)
    assert waits
    assert sum(come) == len(content)  # nothing came twice
    transport.close()


def test_many_threads_share_one_connection(sshd, folder):
    for n in range(12):
        (folder / f"{n}").write_bytes(bytes([n]) * 100_000)
    transport, found = sshd.transport(), {}

    def fetch(n):
        with transport.read(str(n)) as body:
            found[n] = b"".join(body)

    threads = [threading.Thread(target=fetch, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: bytes([n]) * 100_000 for n in range(12)}
    transport.close()


def test_a_host_that_does_not_answer_is_unreachable():
    transport = connect("sftp://127.0.0.1:1/data", Limits(connect_timeout_s=2))
    assert isinstance(transport, SshTransport)
    with pytest.raises(Unreachable):
        transport.stat("x")
    transport.close()


def test_an_address_needs_a_host():
    with pytest.raises(ConfigError, match="needs a host"):
        connect("ssh:///data")
