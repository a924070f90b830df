"""Large Temporal payloads as files: named by their SHA-256, written once, checked on every read.

Every process of an installation needs the same folder, and it has to outlive Temporal's retention: a history only holds the name of
what is stored here. What lives here is the driver; which payloads are large is decided in `temporal`.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from temporalio.api.common.v1 import Payload
from temporalio.converter import StorageDriver, StorageDriverClaim, StorageDriverRetrieveContext, StorageDriverStoreContext

from duo_flows.domain.canonical import digest_of_bytes
from duo_flows.domain.errors import NeverAgain, NotFound

# Stands in every history that refers to a file; changing it makes old histories unreadable.
DRIVER_NAME = "duo-flows-files"
_CLAIM_KEY = "sha256"
_DIGEST_LENGTH = 64


class FileStorage(StorageDriver):
    """Keeps payloads in `folder`, spread over 256 subfolders by the first two digits of their digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def name(self) -> str:
        """Return the name under which histories know this driver."""
        return DRIVER_NAME

    def type(self) -> str:
        """Return the kind of driver, the same in every language."""
        return DRIVER_NAME

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:  # noqa: ARG002 - the digest says it all
        """Return the claims of the payloads.

        Effects: one file per payload that was not stored yet; a half-written file never carries its final name.
        """
        return [StorageDriverClaim({_CLAIM_KEY: await asyncio.to_thread(self._write, payload)}) for payload in payloads]

    async def retrieve(self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]) -> list[Payload]:  # noqa: ARG002 - the digest says it all
        """Return the payloads of the claims.

        Raises:
            NotFound: the file is not in the folder.
            NeverAgain: the file no longer is what its name says.
        """
        return [await asyncio.to_thread(self._read, claim.claim_data[_CLAIM_KEY]) for claim in claims]

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _write(self, payload: Payload) -> str:
        # Deterministic, because metadata is a map and the name has to be the same whichever process writes it.
        data = payload.SerializeToString(deterministic=True)
        digest = digest_of_bytes(data)
        path = self._path(digest)
        if not path.exists():
            _write_atomically(path, data)
        return digest

    def _read(self, digest: str) -> Payload:
        if len(digest) != _DIGEST_LENGTH or not digest.isalnum():
            raise NeverAgain("A Temporal history names a stored payload in a way that is no SHA-256.", code="bad_reference")
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"The stored payload {digest} is missing. "
                "Every process needs the same DUOFLOWS_CONTENT_DIR, kept longer than histories."
            ) from None
        if digest_of_bytes(data) != digest:
            raise NeverAgain(f"The stored payload {digest} has been changed since it was written.", code="content_changed")
        return Payload.FromString(data)


def _write_atomically(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
