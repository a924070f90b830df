"""A private PostgreSQL for tests: a fresh cluster on loopback, made when first asked for and removed when the tests are over.

Ask for `postgresql_server` and take a database of your own from it. Each worker process of a parallel run has its own cluster.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_BINARIES = Path("/usr/lib/postgresql")  # Debian's place for them; they are not on PATH
# initdb and the server refuse to run as root.
_UNPRIVILEGED = "postgres"
# Nothing of these clusters outlives the tests, so nothing has to reach the disk.
_SETTINGS = (
    "fsync=off synchronous_commit=off full_page_writes=off listen_addresses=127.0.0.1 max_connections=60 shared_buffers=32MB"
)


@dataclass(frozen=True)
class PostgresqlServer:
    """A running cluster. Its superuser's password is random, and known to nobody but these tests."""

    binaries: Path
    folder: Path
    port: int
    password: str

    def new_database(self, *, like: str = "template1") -> str:
        """Return the address of a fresh database, a copy of the one named `like`."""
        name = f"test_{secrets.token_hex(6)}"
        self._run("createdb", "--template", like, name)
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the address of a database by its name."""
        return f"postgresql+asyncpg://postgres:{self.password}@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run("dropdb", "--force", url.rpartition("/")[2])

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = " ".join(f"-c {setting}" for setting in _SETTINGS.split())
        options = f"-p {self.port} -c unix_socket_directories={self.folder} {settings}"
        self._control("start", "--log", str(self.folder / "log"), "--options", options)

    def stop(self) -> None:
        """Stop the server at once, as if it were killed."""
        self._control("stop", "--mode", "immediate")

    def _control(self, verb: str, *arguments: str) -> None:
        command = [*_as_unprivileged(), str(self.binaries / "pg_ctl"), "--wait", "--pgdata", str(self.folder / "data")]
        # The server would keep a captured output open for as long as it lives.
        subprocess.run([*command, verb, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _run(self, program: str, *arguments: str) -> None:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--username", "postgres"]
        environment = {**os.environ, "PGPASSWORD": self.password}
        subprocess.run([str(self.binaries / program), *place, *arguments], check=True, env=environment, capture_output=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running cluster of this test process, or a skip that says why there is none."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="duo-flows-postgresql-"))
    server = PostgresqlServer(binaries, folder, port=_free_port(), password=secrets.token_urlsafe(16))
    try:
        _make_cluster(server)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=_version)
    if not found:
        pytest.skip(f"POSTGRESQL IS NOT TESTED: no initdb under {_BINARIES}. Install Debian's package `postgresql`.")
    if os.geteuid() == 0 and not _is_user(_UNPRIVILEGED):
        pytest.skip(f"POSTGRESQL IS NOT TESTED: it does not run as root, and there is no user `{_UNPRIVILEGED}` to run it as.")
    return found[-1].parent


def _version(initdb: Path) -> int:
    return int(re.sub(r"\D", "", initdb.parts[-3]) or 0)


def _is_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _as_unprivileged() -> list[str]:
    return ["runuser", "-u", _UNPRIVILEGED, "--"] if os.geteuid() == 0 else []


def _make_cluster(server: PostgresqlServer) -> None:
    password_file = server.folder / "password"
    password_file.write_text(server.password)
    if os.geteuid() == 0:
        shutil.chown(server.folder, user=_UNPRIVILEGED)
        shutil.chown(password_file, user=_UNPRIVILEGED)
    options = [
        "--username",
        "postgres",
        "--auth",
        "scram-sha-256",
        "--pwfile",
        str(password_file),
        "--no-sync",
        "--encoding",
        "UTF8",
    ]
    initdb = [*_as_unprivileged(), str(server.binaries / "initdb"), "--pgdata", str(server.folder / "data"), *options]
    subprocess.run(initdb, check=True, capture_output=True, cwd=server.folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
