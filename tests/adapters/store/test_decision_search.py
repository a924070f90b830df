"""What every store finds among decisions, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duo_flows.adapters.store.database import Database
from duo_flows.domain.approval_records import LinkedItem, LinkedKind, Readable
from duo_flows.domain.approvals.states import ItemState
from duo_flows.domain.decision_search import DecisionSearch
from duo_flows.domain.errors import Refused
from tests.adapters.store.approvals_making import (
    ISSUE,
    RACHEL,
    SOO,
    a_counted_review,
    a_decision,
    a_first_report,
    a_report,
    a_revision,
    an_item,
    decided,
    opened,
)
from tests.adapters.store.making import NOON

ALL = Readable(project_ids=(7, 8), confidential_project_ids=(7, 8))
BILLING = "meridian-billing stays in phase 3: it is frozen until October."
HOSTILE = [
    '"',
    "'; DROP TABLE approval_decisions; --",
    "identity AND",
    "identity OR NOT (",
    "NEAR(identity migration)",
    "title: identity",
    "{title} : identity*",
    "identity & | ! <-> migration:*A",
    "%_%",
    "\\ \0 \x1a",
    "*",
    "^identity",
    "-identity",
    "a " * 249,
    "x" * 500,
]


async def _found(store, words: str = "", **given) -> list[str]:
    page = await store.approvals.search(DecisionSearch(**{"readable": ALL, "words": words} | given))
    return [found.decision.item_id for found in page.found]


@pytest.fixture
async def three(store):
    """Three decisions: the words `identity migration` in the title of one, in the summary of the next, in the text of the last."""
    in_text = {"text": f"Identity migration. {BILLING}", "decided_at": NOON + timedelta(days=2)}
    in_summary = {"summary": "The migration of an identity provider.", "decided_at": NOON + timedelta(days=1)}
    await decided(store, "title", title="Identity Migration", decision={"state": ItemState.DECLINED})
    await decided(store, "summary", title="SSO", decision=in_summary)
    await decided(store, "text", title="Plan", decision=in_text)
    return store


async def test_first_come_hits_in_the_title_then_in_the_summary_then_elsewhere(three):
    assert await _found(three, "identity migration") == ["title", "summary", "text"]


async def test_among_equals_the_newest_decision_comes_first(three):
    assert await _found(three) == ["text", "summary", "title"]


@pytest.mark.parametrize("words", ["billing", "BILLING", "bill", "frozen billing", "meridian-billing", "Öctober", "GA-003 phase"])
async def test_a_decision_is_found_by_the_beginnings_of_its_words(three, words):
    assert await _found(three, words) == ["text"]


@pytest.mark.parametrize("words", ["illing", "billing thaw", "...", "GA-004"])
async def test_what_no_decision_says_is_not_found(three, words):
    assert await _found(three, words) == []


async def test_a_decision_is_found_in_any_script(store):
    await decided(
        store, title="Größenänderung der Straßenkarte", decision={"text": "支払い は 凍結中。 Выставление счетов заморожено"}
    )

    assert [await _found(store, words) for words in ("grossen strassen", "GROSSENANDER", "凍結", "счетов")] == [["item1"]] * 4


@pytest.mark.parametrize("words", HOSTILE)
async def test_no_words_are_taken_for_syntax(three, words):
    everything = await _found(three)

    assert set(await _found(three, words)) <= set(everything)
    assert await _found(three) == everything


async def test_a_passage_shows_where_the_words_are(three):
    page = await three.approvals.search(DecisionSearch(readable=ALL, words="froz"))

    snippet = page.found[0].snippet
    assert [snippet.text[begin:end] for begin, end in snippet.marks] == ["frozen"]
    assert "phase 3: it is frozen until October." in snippet.text


async def test_a_search_is_narrowed_by_state_date_project_and_link(store):
    page = LinkedItem(kind=LinkedKind.PAGE, url="https://example.com/adr?x=1")
    await decided(store, "a", linked=(ISSUE, page), decision={"state": ItemState.DECLINED})
    await decided(store, "b", project_id=8, decision={"decided_at": NOON + timedelta(days=1)})

    assert await _found(store, states={ItemState.DECLINED}) == ["a"]
    assert await _found(store, decided_from=NOON + timedelta(days=1)) == ["b"]
    assert await _found(store, decided_until=NOON + timedelta(days=1)) == ["a"]
    assert await _found(store, linked="issue:7:8821") == ["a"] == await _found(store, linked=page.key)
    assert await _found(store, linked="issue:7:882") == []
    assert await _found(store, readable=Readable(project_ids=(8,))) == ["b"]


async def test_a_decision_is_found_by_whoever_asked_for_it_edited_it_or_decided(store):
    await opened(store, "a")
    edit = a_report("a", 2, revision=2, revisions=(a_revision(2, editor_id=13, editor="soo-kim"),))
    await store.approvals.record(edit)
    decision = a_decision(revision=2, digest="d2", reviews=(a_counted_review(RACHEL, revision=2),), person_id=21)
    await store.approvals.record(a_report("a", 3, state=ItemState.APPROVED, decision=decision))

    by_person = {person: await _found(store, person_id=person) for person in (5, SOO.person_id, RACHEL.person_id, 21, 99)}
    assert by_person == {5: ["a"], 13: ["a"], 12: ["a"], 21: ["a"], 99: []}


async def test_nobody_finds_what_they_may_not_read(store):
    await decided(store, "open")
    await decided(store, "secret", is_confidential=True)
    await decided(store, "elsewhere", project_id=8)

    async def found(*projects: int, confidential: tuple[int, ...] = ()) -> list[str]:
        return sorted(
            await _found(store, "identity", readable=Readable(project_ids=projects, confidential_project_ids=confidential))
        )

    assert await found() == []
    assert await found(confidential=(7,)) == []
    assert await found(7) == ["open"]
    assert await found(7, 8, confidential=(7,)) == ["elsewhere", "open", "secret"]


async def test_an_item_is_found_only_once_it_is_decided(store):
    await opened(store)

    assert await _found(store, "identity") == []


async def test_pages_follow_each_other_though_decisions_are_made_meanwhile(store):
    for number in range(5):
        await decided(store, f"i{number}", decision={"decided_at": NOON + timedelta(days=number // 2)})
    first = await store.approvals.search(DecisionSearch(readable=ALL, words="identity", limit=2))
    await decided(store, "new", title="Identity Identity", decision={"decided_at": NOON + timedelta(days=9)})
    second = await store.approvals.search(DecisionSearch(readable=ALL, words="identity", limit=2, cursor=first.next_cursor))
    third = await store.approvals.search(DecisionSearch(readable=ALL, words="identity", limit=2, cursor=second.next_cursor))

    pages = [[found.decision.item_id for found in page.found] for page in (first, second, third)]
    assert pages == [["i4", "i3"], ["i2", "i1"], ["i0"]]
    assert third.next_cursor == ""


@pytest.mark.parametrize("cursor", ["x", "=", "YSBiIGM=", "'; --", "ÿ", "\ud800"])
async def test_a_cursor_that_is_none_is_refused(three, cursor):
    with pytest.raises(Refused, match="no cursor of a search"):
        await three.approvals.search(DecisionSearch(readable=ALL, cursor=cursor))

    assert len(await _found(three)) == 3


async def test_a_long_discussion_is_kept_whole_and_found(store):
    text = " ".join(f"word{number}" for number in range(11_000)) + " x" * 100_000

    await decided(store, decision={"text": text})

    assert await _found(store, "word10999") == ["item1"]


async def test_a_sqlite_without_full_text_search_finds_the_same(sqlite_url, open_at):
    from duo_flows.adapters.store import migrate

    await migrate(sqlite_url)
    database = Database(sqlite_url)
    async with database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE decision_words")
        await connection.exec_driver_sql(
            "CREATE TABLE decision_words (item_id TEXT PRIMARY KEY, title TEXT, summary TEXT, text TEXT)"
        )
    await database.close()
    store = await open_at(sqlite_url)

    await decided(store, "title", title="Identity Migration")
    await decided(store, "text", title="Plan", decision={"text": "Identity migration", "decided_at": NOON + timedelta(days=1)})
    await store.approvals.open_item(an_item("open"))
    await store.approvals.record(a_first_report("open"))

    assert await _found(store, "ident migr") == ["title", "text"]
    assert await _found(store, "igration") == []
    assert [await _found(store, words) for words in HOSTILE[:3]] == [[], [], []]
