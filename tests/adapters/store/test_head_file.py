"""Signed heads in their file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from duo_flows.adapters.store.head_file import HeadFile
from duo_flows.domain.audit import ChainEnd, KeptHeads, signed_head
from duo_flows.domain.errors import TryAgain

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_head(seq: int):
    return signed_head(ChainEnd(seq=seq, hash=f"{seq:064}"), at=NOON, key=b"k")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made" / "audit-heads"


async def test_before_the_first_head_there_are_none(path):
    assert await HeadFile(path).heads() == KeptHeads()


async def test_heads_come_back_in_the_order_in_which_they_were_kept(path):
    await HeadFile(path).keep(a_head(2))
    await HeadFile(path).keep(a_head(1))

    assert (await HeadFile(path).heads()).heads == (a_head(2), a_head(1))
    assert path.read_text() == f"{a_head(2)}\n{a_head(1)}\n"


async def test_heads_kept_at_once_all_stand_on_lines_of_their_own(path):
    await asyncio.gather(*(HeadFile(path).keep(a_head(n)) for n in range(32)))

    assert {head.seq for head in (await HeadFile(path).heads()).heads} == set(range(32))


async def test_a_line_that_was_cut_short_is_named_and_swallows_no_other(path):
    await HeadFile(path).keep(a_head(1))
    path.write_text(path.read_text()[:-20])

    await HeadFile(path).keep(a_head(2))

    assert await HeadFile(path).heads() == KeptHeads(heads=(a_head(2),), unreadable=(1,))


async def test_a_place_that_cannot_be_written_says_so_and_names_no_path(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(TryAgain, match=r"The heads file cannot be written: (Not a directory|File exists)") as fault:
        await HeadFile(tmp_path / "file" / "heads").keep(a_head(1))

    assert str(tmp_path) not in str(fault.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


async def test_a_folder_in_its_place_cannot_be_read(tmp_path):
    with pytest.raises(TryAgain, match="cannot be read"):
        await HeadFile(tmp_path).heads()
