"""Signed heads of the audit chain in a file beside the database: a line each, only ever appended."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from typing_extensions import override

from duo_flows.domain.approval_store import HeadKeeper
from duo_flows.domain.audit import KeptHeads, SignedHead, head_of
from duo_flows.domain.errors import TryAgain

# Heads hold no secret, but whoever can change the file can take away what it witnesses.
_MODE = 0o640


class HeadFile(HeadKeeper):
    """Heads in one file. Several processes of a machine may append to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    async def keep(self, head: SignedHead) -> None:
        try:
            await asyncio.to_thread(self._append, f"{head}\n".encode())
        except OSError as error:
            raise TryAgain(
                f"The heads file cannot be written: {error.strerror}. Check its folder, its owner and the disk."
            ) from None

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A line that a full disk cut short must not swallow this one.
            os.write(descriptor, line if _ends_whole(descriptor) else b"\n" + line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @override
    async def heads(self) -> KeptHeads:
        try:
            return _read(await asyncio.to_thread(self._path.read_text, encoding="utf-8", errors="replace"))
        except FileNotFoundError:
            return KeptHeads()
        except OSError as error:
            raise TryAgain(f"The heads file cannot be read: {error.strerror}. Check who may read it.") from None


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _read(text: str) -> KeptHeads:
    found = {number: head_of(line) for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    heads = tuple(head for head in found.values() if head)
    return KeptHeads(heads=heads, unreadable=tuple(number for number, head in found.items() if head is None))
