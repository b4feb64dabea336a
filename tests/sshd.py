"""A server of SFTP on loopback, with keys of its own on both sides."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from gnomon.acquire.ssh import SshTransport


@dataclass
class Sshd:
    """A server of SFTP: its port, and the keys on both sides."""

    folder: Path
    home: Path
    port: int = 0
    hang_up: Callable[[], None] = lambda: None

    @property
    def url(self):
        return f"ssh://me@127.0.0.1:{self.port}"

    @property
    def key(self):
        return self.home / "id"

    @property
    def known_hosts(self):
        return self.home / "known_hosts"

    def transport(self, root="", **options):
        options = {"keys": [self.key], "known_hosts": self.known_hosts, **options}
        return SshTransport(f"{self.url}/{root}", **options)


KEYS = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("host", "user")}


@contextmanager
def served(folder, home):
    """Serve a folder, as the root of what an account sees, from a thread."""
    home.mkdir(exist_ok=True)
    sshd = Sshd(folder, home)
    KEYS["user"].write_private_key(sshd.key)
    KEYS["user"].write_public_key(home / "authorized")
    loop = asyncio.new_event_loop()
    connections = []

    async def start():
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[KEYS["host"]],
            authorized_client_keys=str(home / "authorized"),
            sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=os.fsencode(folder)),
            acceptor=connections.append,
        )

    server = loop.run_until_complete(start())
    sshd.port = server.get_port()
    host = KEYS["host"].export_public_key().decode().strip()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {host}\n")
    sshd.hang_up = lambda: loop.call_soon_threadsafe(lambda: [one.abort() for one in connections])
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield sshd
    finally:

        async def stop():
            server.close()
            for one in connections:
                one.abort()
            await server.wait_closed()
            await asyncio.gather(*(one.wait_closed() for one in connections))

        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
