"""A PostgreSQL server of the tests' own, from Debian's package, for as long as they run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_server import free_port

USER, PASSWORD = "trainer", "p@ss/w:rd"
BINARIES = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """Folder of initdb and postgres, the newest version's; None where there is none."""
    found = [f.parent for f in BINARIES.glob("*/bin/initdb") if f.with_name("postgres").exists()]
    if found:
        return max(found, key=lambda f: float(f.parent.name))
    there = shutil.which("initdb"), shutil.which("postgres")
    return Path(there[0]).resolve().parent if all(there) else None


def _as_user() -> dict[str, str | int]:
    """PostgreSQL refuses to run as root: then as postgres, or as nobody."""
    if os.geteuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@contextmanager
def server() -> Iterator[str]:
    """Address (host:port) of a fresh server; user, password and nothing in it."""
    where = binaries()
    assert where is not None
    folder = Path(tempfile.mkdtemp(prefix="kamkit-pg-"))
    who = _as_user()
    if who:
        os.chown(folder, int(who["user"]), int(who["group"]))
    word = folder / "word"
    word.write_text(PASSWORD, encoding="utf-8")
    word.chmod(0o644)
    options = {"cwd": folder, "capture_output": True, "timeout": 120, **who}
    make = [where / "initdb", "-D", folder / "data", "-U", USER, "--pwfile", word]
    make += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run([str(m) for m in make], check=True, **options)
    port = free_port()
    run = [str(where / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    run += ["-h", "127.0.0.1", "-p", str(port), "-F"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(run, cwd=folder, stdout=log, stderr=log, **who)
    try:
        _wait(port, running, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        try:
            running.wait(timeout=20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if running.poll() is not None:
            break
        with socket.socket() as probe:
            ready = b"ready to accept" in log.read_bytes()
            if ready and probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))
