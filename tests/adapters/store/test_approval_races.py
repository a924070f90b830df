"""What stays true of approvals when many ask at once, from two processes' stores on one database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from duo_flows.adapters.store.approvals import SqlApprovals
from duo_flows.adapters.store.database import Database
from duo_flows.domain.approval_records import WaitingFilter
from tests.adapters.store.approvals_making import (
    DANIEL,
    a_comment,
    a_notice,
    a_report,
    a_review,
    an_event,
    an_item,
    opened,
)
from tests.adapters.store.making import NOON

OPENERS = 32


async def test_openers_at_once_get_the_numbers_of_a_project_without_gap_or_double(stores):
    opening = (store.approvals.open_item(an_item(f"i{n}")) for n, store in enumerate(stores.both(OPENERS)))

    items = await asyncio.gather(*opening)

    assert sorted(item.number for item in items) == list(range(1, OPENERS + 1))


async def test_one_item_opened_many_times_at_once_has_one_number(stores):
    items = await asyncio.gather(*(store.approvals.open_item(an_item()) for store in stores.both(OPENERS)))

    assert {item.number for item in items} == {1}
    assert (await stores.one.approvals.open_item(an_item("next"))).number == 2


class _Crash(Exception):  # noqa: N818 - what happens, not what it is called
    """The process dies before its commit."""


class _CrashingDatabase(Database):
    @asynccontextmanager
    async def write(self):
        async with super().write() as connection:
            yield connection
            raise _Crash


async def test_crashes_between_openers_leave_no_gap(url, open_at, clock):
    one = await open_at(url)
    database = _CrashingDatabase(url)
    crashing = SqlApprovals(database, clock=clock)
    calls = [(crashing if n % 3 == 0 else one.approvals).open_item(an_item(f"i{n}")) for n in range(OPENERS)]

    answers = await asyncio.gather(*calls, return_exceptions=True)
    again = await asyncio.gather(*(one.approvals.open_item(an_item(f"i{n}")) for n in range(OPENERS)))
    await database.close()

    assert {type(answer) for answer in answers[::3]} == {_Crash}
    assert sorted(item.number for item in again) == list(range(1, OPENERS + 1))


async def test_a_number_is_not_given_on_before_it_is_certain(url, open_at):
    one = await open_at(url)
    database = Database(url)
    async with database.write() as connection:
        await database.one_by_one(connection, "approval numbers of 7")
        opening = asyncio.create_task(one.approvals.open_item(an_item()))
        done_before, _ = await asyncio.wait([opening], timeout=0.3)
    await database.close()

    assert not done_before
    assert (await opening).number == 1


async def test_reviewers_who_vote_at_once_are_all_heard_once(stores):
    await opened(stores.one)
    people = [DANIEL.model_copy(update={"person_id": 100 + n}) for n in range(OPENERS)]
    reports = [
        a_report(version=n + 2, reviews=(a_review(f"v{n}", who),), comments=(a_comment(f"c{n}"),), events=(an_event(f"e{n}"),))
        for n, who in enumerate(people)
    ]

    await asyncio.gather(*(store.approvals.record(report) for report in reports for store in (stores.one, stores.other)))

    history = await stores.one.approvals.reviews("item1")
    assert [review.n for review in history] == list(range(1, OPENERS + 1))
    assert {review.person_id for review in history} == {person.person_id for person in people}
    assert len(await stores.one.approvals.comments("item1")) == OPENERS
    assert (await stores.one.audit.end()).seq == OPENERS
    assert (await stores.one.approvals.item("item1")).version == OPENERS + 1


async def test_one_notice_made_many_times_at_once_is_new_once(stores):
    await opened(stores.one)

    answers = await asyncio.gather(*(store.approvals.note_notice("item1", a_notice()) for store in stores.both(20)))

    assert sum(is_new for _, is_new in answers) == 1
    assert len({notice.made_at for notice, _ in answers}) == 1


@pytest.mark.parametrize("items", [3])
async def test_who_waits_is_right_after_edits_and_votes_at_once(stores, items):
    names = [f"i{n}" for n in range(items)]
    await asyncio.gather(*(opened(stores.one, name) for name in names))
    votes = [a_report(name, 2, reviews=(a_review(),)) for name in names]
    renames = [a_report(name, 3, title="Renamed", deadline=NOON) for name in names]

    await asyncio.gather(
        *(store.approvals.record(report) for report, store in zip(votes + renames, stores.both(2 * items), strict=True))
    )

    assert await stores.one.approvals.waiting_for(WaitingFilter(person_id=DANIEL.person_id)) == ()
    assert len(await stores.one.approvals.waiting_for(WaitingFilter(person_id=12))) == items
