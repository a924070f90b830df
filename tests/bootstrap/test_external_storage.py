import asyncio
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import StorageDriverClaim, StorageDriverRetrieveContext, StorageDriverStoreContext

from duo_flows.bootstrap.external_storage import FileStorage
from duo_flows.bootstrap.temporal import LARGE_PAYLOAD_BYTES, data_converter
from duo_flows.domain.errors import NeverAgain, NotFound

PAYLOAD = Payload(metadata={"encoding": b"json/plain", "a": b"1"}, data=b'"large"')


async def stored(storage: FileStorage, *payloads: Payload) -> list[StorageDriverClaim]:
    return await storage.store(StorageDriverStoreContext(), payloads)


async def fetched(storage: FileStorage, *claims: StorageDriverClaim) -> list[Payload]:
    return await storage.retrieve(StorageDriverRetrieveContext(), claims)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_stored_comes_back(tmp_path):
    storage = FileStorage(tmp_path)

    assert await fetched(storage, *await stored(storage, PAYLOAD)) == [PAYLOAD]


async def test_another_process_finds_it_by_its_claim(tmp_path):
    claims = await stored(FileStorage(tmp_path), PAYLOAD)

    assert await fetched(FileStorage(tmp_path), *claims) == [PAYLOAD]


async def test_the_same_payload_is_one_file_however_often_it_is_stored(tmp_path):
    storage = FileStorage(tmp_path)
    together = await asyncio.gather(*(stored(storage, PAYLOAD, PAYLOAD) for _ in range(8)))

    assert len({claim.claim_data["sha256"] for claims in together for claim in claims}) == 1
    assert len(files_in(tmp_path)) == 1


async def test_a_payload_that_was_changed_on_disk_is_refused(tmp_path):
    storage = FileStorage(tmp_path)
    claims = await stored(storage, PAYLOAD)
    files_in(tmp_path)[0].write_bytes(b"something else")

    with pytest.raises(NeverAgain, match="has been changed"):
        await fetched(storage, *claims)


async def test_a_payload_that_is_missing_names_the_setting(tmp_path):
    with pytest.raises(NotFound, match="DUOFLOWS_CONTENT_DIR"):
        await fetched(FileStorage(tmp_path), StorageDriverClaim({"sha256": "a" * 64}))


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63 + "/"])
async def test_a_claim_cannot_name_another_file(tmp_path, name):
    with pytest.raises(NeverAgain, match="no SHA-256"):
        await fetched(FileStorage(tmp_path), StorageDriverClaim({"sha256": name}))


async def test_only_large_values_leave_the_history(tmp_path):
    converter = data_converter(tmp_path)
    await converter.encode(["small"])
    assert files_in(tmp_path) == []

    payloads = await converter.encode(["x" * LARGE_PAYLOAD_BYTES])
    assert len(files_in(tmp_path)) == 1
    assert len(payloads[0].data) < 1_000
    assert await converter.decode(payloads, [str]) == ["x" * LARGE_PAYLOAD_BYTES]
