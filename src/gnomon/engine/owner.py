"""Who runs a job: names of loops, and whether the process behind one still lives."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path


def own_name() -> str:
    """Return a name for a loop in this process: host, process, its start, and a number."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{uuid.uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """Tell whether a loop of this host has died; of other hosts only their lease can tell."""
    host, pid, started, _ = [*owner.split(":", 3), "", "", ""][:4]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    # The number may have been given to a new process since.
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; nothing where there is no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return ""
    # The second field, the name, may hold blanks and brackets: count from its end.
    fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]
