"""What every store promises of large contents."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from duo_flows.adapters.store.database import Database, engine_for
from duo_flows.adapters.store.tables import contents
from duo_flows.domain.errors import NeverAgain, NotFound
from tests.adapters.store.making import NOON


@pytest.mark.parametrize("data", [b"", b"{}", bytes(range(256)), b"x" * 3_000_000])
async def test_data_comes_back_byte_for_byte_under_its_digest(store, data):
    ref = await store.contents.put(data, media_type="application/octet-stream")

    assert ref == hashlib.sha256(data).hexdigest()
    assert await store.contents.get(ref) == data


async def test_the_same_data_put_twice_is_stored_once(store):
    assert await store.contents.put(b"a") == await store.contents.put(b"a", media_type="text/plain")


async def test_content_that_is_put_again_is_as_young_as_its_last_use(url, open_at, clock):
    store = await open_at(url)
    await store.contents.put(b"a")
    clock.forward(days=30)
    await store.contents.put(b"a")
    database = Database(url)

    async with database.read() as connection:
        [ages] = await connection.execute(select(contents.c.created_at, contents.c.last_put_at))
    await database.close()

    assert tuple(ages) == (NOON, NOON + timedelta(days=30))


async def test_a_reference_that_leads_nowhere_is_not_found(store):
    with pytest.raises(NotFound, match="no stored content 'f00'"):
        await store.contents.get("f00")


async def test_data_that_no_longer_matches_its_reference_is_not_given_out(url, open_at):
    store = await open_at(url)
    ref = await store.contents.put(b"as it was shown")
    engine = engine_for(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE contents SET data = :data"), {"data": b"as someone wanted it"})
    await engine.dispose()

    with pytest.raises(NeverAgain, match="is not what was put there") as refusal:
        await store.contents.get(ref)

    assert refusal.value.code == "content_changed"
