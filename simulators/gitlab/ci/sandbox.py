"""How a job is kept away from the machine: the command line around its shell, and which python3 it finds.

Two boxes: bubblewrap where it is installed and its self-test passes, else a plain process with a cleared environment, limits and
its own process group. Nothing here reads configurations or writes traces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
SELF_TEST_SECONDS = 10
"""A healthy bubblewrap starts in milliseconds; a hanging one must not hang the stand-in."""

FILE_SIZE_LIMIT_BYTES = 1 << 30
"""No job of a scenario writes a gibibyte; a runaway one must not fill the disk."""
DATA_LIMIT_BYTES = 2 << 30
"""Bounds memory without bounding address space, of which runtimes such as Node reserve far more than they use."""
PROCESS_LIMIT = 4096
"""Ends a fork bomb. It counts all processes of the user, so a small number would fail on a busy machine."""


@dataclass(frozen=True)
class Box:
    """Where a job runs: a name for the trace, a prefix for its command line, and its paths as the job sees them."""

    name: str
    description: str
    prefix: tuple[str, ...]
    project_dir: str
    scratch_dir: str
    search_path: str


def make_box(*, checkout: Path, scratch: Path, project_path: str, timeout_seconds: float) -> Box:
    """The strongest box that works here.

    Args:
        checkout: the job's working tree, writable.
        scratch: a folder of its own for home and script.
        project_path: `group/project`; inside the sandbox the checkout appears below `/builds`.
        timeout_seconds: also bounds the processor time of each process.
    """
    limits = _limits(timeout_seconds)
    python = python_prefix()
    bwrap = working_bwrap()
    if bwrap is None:
        return Box(
            name="process",
            description="a process group without a sandbox (bubblewrap is not installed or cannot run here)",
            prefix=limits,
            project_dir=str(checkout),
            scratch_dir=str(scratch),
            search_path=_search_path(python),
        )
    inside = str(PurePosixPath("/builds") / (project_path or "project").strip("/"))
    binds = ("--bind", str(checkout), inside, "--bind", str(scratch), "/scratch", "--chdir", inside)
    return Box(
        name="bubblewrap",
        description="bubblewrap (no network, no other files)",
        prefix=(*limits, *_bwrap_arguments(bwrap, python=python), *binds, "--"),
        project_dir=inside,
        scratch_dir="/scratch",
        search_path=_search_path(python),
    )


def _limits(timeout_seconds: float) -> tuple[str, ...]:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        return ()
    return (
        prlimit,
        "--core=0",
        f"--cpu={int(timeout_seconds) + 1}",
        f"--fsize={FILE_SIZE_LIMIT_BYTES}",
        f"--data={DATA_LIMIT_BYTES}",
        f"--nproc={PROCESS_LIMIT}",
        "--",
    )


def _bwrap_arguments(bwrap: str, *, python: Path) -> tuple[str, ...]:
    """Everything but the job's own folders: system read-only, no network, no capabilities, no way to make new namespaces."""
    return (
        bwrap,
        *("--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns"),
        *("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", "runner"),
        *("--ro-bind", "/usr", "/usr"),
        *_system_folders(),
        *("--ro-bind-try", "/etc/alternatives", "/etc/alternatives"),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *(() if python.is_relative_to("/usr") else ("--ro-bind", str(python), str(python))),
        *("--proc", "/proc", "--dev", "/dev", "--size", str(256 << 20), "--tmpfs", "/tmp"),  # noqa: S108  # inside the box
    )


def _system_folders() -> list[str]:
    """`/bin` and its like: links where the system merged them into `/usr`, read-only folders elsewhere."""
    arguments: list[str] = []
    for folder in map(Path, ("/bin", "/sbin", "/lib", "/lib64")):
        if folder.is_symlink():
            arguments += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            arguments += ["--ro-bind", str(folder), str(folder)]
    return arguments


def working_bwrap() -> str | None:
    """Path of a bubblewrap that passes its self-test, or None. The test runs once for each binary."""
    found = shutil.which("bwrap")
    return found if found is not None and _passes_self_test(found) else None


@lru_cache(maxsize=8)
def _passes_self_test(bwrap: str) -> bool:
    """The real arguments must start a shell and the python3 that jobs will find."""
    python = python_prefix()
    probe = ("--", "/bin/sh", "-c", "exec python3 -c 'import sys'")
    return _runs((*_bwrap_arguments(bwrap, python=python), *probe), path=_search_path(python))


@lru_cache(maxsize=1)
def python_prefix() -> Path:
    """Installation whose `bin/python3` jobs get: the system's if it is complete, else the one this program stands on.

    A python3 found by PATH may be a version manager's shim, which needs a home and settings that no job has.
    """
    if _runs(("/usr/bin/python3", "-I", "-c", "import unittest, json, sqlite3, venv"), path="/usr/bin"):
        return Path("/usr")
    return Path(sys.base_prefix).resolve()


def _search_path(python: Path) -> str:
    return os.pathsep.join(dict.fromkeys((str(python / "bin"), *SYSTEM_PATH)))


def _runs(command: tuple[str, ...], *, path: str) -> bool:
    try:
        done = subprocess.run(command, env={"PATH": path}, capture_output=True, timeout=SELF_TEST_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
