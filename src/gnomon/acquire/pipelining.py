"""Asks an FTP server for a file in one go, where a client that waits for every answer asks thrice.

RFC 959 has replies in the order of the commands, so they may go out before the first is answered.
"""

# ruff: noqa: S321  (public archives speak FTP; https is the better choice)

from __future__ import annotations

import socket
from ftplib import FTP, Error, error_perm, error_proto, error_temp, parse227, parse229

from gnomon.acquire.listing import mdtm_us
from gnomon.acquire.transport import RemoteStat

NOT_IMPLEMENTED = ("500", "502", "504")
_PASSIVE = ("227", "229")
_TOO_OLD = "421"


def retrieve(session: FTP, target: str) -> tuple[RemoteStat, socket.socket]:
    """Ask for size, time, a port and the bytes at once, and read the answers in order.

    Returns
    -------
    RemoteStat, socket.socket
        The size is absent where the server does not know SIZE, the time where it has none.

    Raises
    ------
    ftplib.Error
        `error_perm` where every answer was read and the connection is as good as before.
    """
    passive = "PASV" if session.af == socket.AF_INET else "EPSV"
    commands = (f"SIZE {target}", f"MDTM {target}", passive, f"RETR {target}")
    _control(session).sendall("".join(f"{c}\r\n" for c in commands).encode(session.encoding))
    size, changed, port = _reply(session), _reply(session), _reply(session)
    # Some servers do not answer RETR before this, so a file that is missing costs a connection.
    data = _data(session, port) if port.startswith(_PASSIVE) else None
    try:
        sent = _reply(session)
        refused = _refusal(size, changed, port, sent)
    except BaseException:
        if data is not None:
            data.close()
        raise
    if refused is not None or data is None:
        if data is not None:
            data.close()
        raise refused or error_proto(port)
    known = int(size[4:]) if size.startswith("213") and size[4:].strip().isdecimal() else None
    return RemoteStat(known, mdtm_us(changed[4:])), data


def _control(session: FTP) -> socket.socket:
    if session.sock is None:
        raise ConnectionResetError("the connection is closed")
    return session.sock


def _reply(session: FTP) -> str:
    reply = session.getmultiline()
    if reply.startswith(_TOO_OLD):
        raise error_temp(reply)
    if not reply[:3].isdecimal():
        raise error_proto(reply)
    return reply


def _data(session: FTP, reply: str) -> socket.socket:
    """Connect to the port that a reply names, on the host that we already talk to."""
    peer = _control(session).getpeername()
    port = parse227(reply)[1] if reply.startswith("227") else parse229(reply, peer)[1]
    return socket.create_connection((peer[0], port), session.timeout)


def _refusal(size: str, changed: str, port: str, sent: str) -> Error | None:
    """Return what refuses the file, or None; SIZE and MDTM may be unknown to a server."""
    asked = [size] if not size.startswith(NOT_IMPLEMENTED) else []
    asked += [changed] if changed.startswith("4") else []
    said = next((reply for reply in (*asked, port, sent) if reply[0] in "45"), None)
    if said is None:
        return None
    # Bytes that are under way cost the connection.
    lasting = said.startswith("5") and sent.startswith("5")
    return error_perm(said) if lasting else error_temp(said)
