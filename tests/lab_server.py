"""The workshop's own server as a process: started, waited for, ended with the block."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Pages are opened by address, and kernels are ended by a bare request.
OPEN_TO_TESTS = ("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True")
_STARTS, _ENDS = 90, 20  # seconds that a busy machine may take


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    env: Mapping[str, str],
    address: str,
    log: Path,
    *,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers at ``address``; RuntimeError with its last words if it never does."""
    with log.open("wb") as written:
        server = subprocess.Popen(
            [*command, *OPEN_TO_TESTS], env=dict(env), stdout=written, stderr=written, cwd=cwd
        )
        try:
            _wait(server, f"{address.rstrip('/')}/api", log)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(_ENDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + _STARTS
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, under another base address
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-3000:])
