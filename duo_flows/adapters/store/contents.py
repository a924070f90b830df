"""Large contents, in SQL, named by what they are: the same bytes are stored once, under their SHA-256.

Bytes are stored as they come. A reference is always the digest of the bytes that went in, so that a later layer which keeps them
sealed has its one place between these two methods and their column.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from typing_extensions import override

from duo_flows.domain.canonical import digest_of_bytes
from duo_flows.domain.ports import ContentStore

from . import rules
from .database import Database
from .tables import contents


class SqlContents(ContentStore):
    """Contents by digest."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @override
    async def put(self, data: bytes, *, media_type: str = "application/json") -> str:
        ref = digest_of_bytes(data)
        now = self._clock()
        row = {"digest": ref, "media_type": media_type, "data": data, "created_at": now, "last_put_at": now}
        added = self._database.insert(contents).values(row)
        async with self._database.write() as connection:
            await connection.execute(added.on_conflict_do_update(index_elements=["digest"], set_={"last_put_at": now}))
        return ref

    @override
    async def get(self, ref: str) -> bytes:
        async with self._database.read() as connection:
            data = await connection.scalar(select(contents.c.data).where(contents.c.digest == ref))
        if data is None:
            raise rules.no_such_content(ref)
        return rules.checked(bytes(data), ref=ref)
