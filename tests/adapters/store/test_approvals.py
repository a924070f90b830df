"""What every store promises of Group Approval items and all that belongs to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from duo_flows.domain.approval_records import Item, ItemFilter, Notice, Readable, WaitingFilter
from duo_flows.domain.approvals.states import ItemState
from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from tests.adapters.store.approvals_making import (
    DANIEL,
    ISSUE,
    PLAN,
    RACHEL,
    SOO,
    a_comment,
    a_decision,
    a_first_report,
    a_notice,
    a_report,
    a_review,
    a_revision,
    a_tick,
    an_event,
    an_item,
    decided,
    opened,
)
from tests.adapters.store.making import NOON

ALL = Readable(project_ids=(7, 8), confidential_project_ids=(7, 8))


@pytest.fixture
def approvals(store):
    return store.approvals


async def _waiting(store, who=DANIEL, **given) -> list[str]:
    return [item.id for item in await store.approvals.waiting_for(WaitingFilter(person_id=who.person_id, **given))]


async def test_an_opened_item_is_as_it_was_asked_for_with_the_first_number_of_its_project(approvals):
    new = an_item(policy={"threshold": "unanimous"}, linked=(ISSUE,), deadline=NOON, session_id="s", run=2, component="gate")

    item = await approvals.open_item(new)

    assert item == Item(**new.model_dump(), number=1, opened_at=NOON, updated_at=NOON)
    assert (item.label, item.is_open, item.revision) == ("GA-001", True, 0)
    assert await approvals.item("item1") == item == await approvals.item_of_number(7, 1)


async def test_an_item_opened_again_is_the_same_with_the_same_number(approvals):
    first = await approvals.open_item(an_item())

    assert await approvals.open_item(an_item(title="told otherwise")) == first
    assert (await approvals.open_item(an_item("item2"))).number == 2


async def test_each_project_counts_for_itself(approvals):
    opening = [an_item("a"), an_item("b", project_id=8), an_item("c"), an_item("d", project_id=8)]

    assert [(await approvals.open_item(new)).number for new in opening] == [1, 1, 2, 2]


async def test_an_id_of_another_project_is_refused_and_no_number_is_used(approvals):
    await approvals.open_item(an_item())

    with pytest.raises(Refused, match="another project's item"):
        await approvals.open_item(an_item(project_id=8))

    assert (await approvals.open_item(an_item("item2", project_id=8))).number == 1
    assert (await approvals.item("item1")).project_id == 7


async def test_an_item_after_an_unknown_one_is_refused_and_no_number_is_used(approvals):
    with pytest.raises(NotFound, match="no Group Approval item 'gone'"):
        await approvals.open_item(an_item(previous_id="gone"))

    assert (await approvals.open_item(an_item("item2"))).number == 1


async def test_items_of_a_re_run_lead_to_each_other(approvals, clock):
    await approvals.open_item(an_item("first"))
    clock.forward(hours=1)
    await approvals.open_item(an_item("second", previous_id="first"))
    await approvals.open_item(an_item("third", previous_id="second"))

    links = [(item.previous_id, item.next_id) for item in [await approvals.item(name) for name in ("first", "second", "third")]]
    assert links == [("", "second"), ("first", "third"), ("second", "")]


@pytest.mark.parametrize(
    "asking",
    [
        lambda approvals: approvals.item("gone"),
        lambda approvals: approvals.record(a_report("gone", events=(an_event(),))),
        lambda approvals: approvals.reviewers("gone"),
        lambda approvals: approvals.revisions("gone"),
        lambda approvals: approvals.reviews("gone"),
        lambda approvals: approvals.comments("gone"),
        lambda approvals: approvals.ticks("gone"),
        lambda approvals: approvals.notices("gone"),
        lambda approvals: approvals.note_notice("gone", a_notice()),
        lambda approvals: approvals.notice_sent("gone", "key", at=NOON),
        lambda approvals: approvals.decision("gone"),
        lambda approvals: approvals.items(ItemFilter(readable=ALL, before_id="gone")),
        lambda approvals: approvals.waiting_for(WaitingFilter(person_id=1, after_id="gone")),
    ],
)
async def test_what_is_asked_of_an_unknown_item_says_that_there_is_none(store, asking):
    with pytest.raises(NotFound, match="There is no Group Approval item 'gone'"):
        await asking(store.approvals)

    assert (await store.audit.end()).seq == 0


async def test_a_number_that_no_item_has_says_so(approvals):
    with pytest.raises(NotFound, match="Project 7 has no GA-004"):
        await approvals.item_of_number(7, 4)


async def test_a_report_is_applied_whole(store, clock):
    await opened(store)
    clock.forward(hours=2)
    report = a_report(
        version=3,
        title="Renamed",
        revision=2,
        deadline=NOON + timedelta(days=3),
        linked=(ISSUE,),
        reviewers=(RACHEL, SOO),
        revisions=(a_revision(2, editor_id=11, editor="daniel-r", door="page"),),
        reviews=(a_review(who=RACHEL, revision=2),),
        comments=(a_comment(),),
        ticks=(a_tick(revision=2),),
        events=(an_event(),),
    )

    item = await store.approvals.record(report)

    told = (item.title, item.revision, item.deadline, item.linked, item.version, item.updated_at)
    assert told == ("Renamed", 2, NOON + timedelta(days=3), (ISSUE,), 3, NOON + timedelta(hours=2))
    assert await store.approvals.reviewers("item1") == (RACHEL, SOO)
    assert await store.approvals.revisions("item1") == (a_revision(1), report.revisions[0])
    assert [review.key for review in await store.approvals.reviews("item1")] == ["v1"]
    assert await store.approvals.ticks("item1") == report.ticks
    assert (await store.audit.end()).seq == 1


async def test_a_report_repeated_changes_nothing(store):
    await opened(store)
    report = a_report(version=2, reviews=(a_review(),), ticks=(a_tick(),), comments=(a_comment(),), events=(an_event(),))

    first = await store.approvals.record(report)
    again = await store.approvals.record(report)

    assert again == first
    parts = [await read("item1") for read in (store.approvals.reviews, store.approvals.ticks, store.approvals.comments)]
    assert [len(part) for part in parts] == [1, 1, 1]
    assert (await store.audit.end()).seq == 1


async def test_a_late_report_adds_what_it_tells_and_leaves_the_item_as_it_is(store):
    await opened(store)
    item = await store.approvals.record(a_report(version=5, title="Fifth", reviewers=(DANIEL, SOO)))

    late = a_report(version=4, title="Fourth", reviewers=(RACHEL,), reviews=(a_review(),))

    assert await store.approvals.record(late) == item
    assert await store.approvals.reviewers("item1") == (DANIEL, SOO)
    assert [review.key for review in await store.approvals.reviews("item1")] == ["v1"]


async def test_a_final_item_stays_as_it_was_decided(store):
    final = await decided(store)

    after = await store.approvals.record(a_report(version=9, state=ItemState.OPEN, title="Again", reviewers=(SOO,)))

    assert after == final
    assert (after.state, after.is_open, after.closed_at) == ("approved", False, NOON)
    assert await store.approvals.reviewers("item1") == (DANIEL, RACHEL)


async def test_the_gitlab_issue_is_learnt_once_even_when_the_item_is_final(store):
    await decided(store)

    await store.approvals.record(a_report(version=1, issue_iid=31))
    item = await store.approvals.record(a_report(version=1, issue_iid=32))

    assert item.issue_iid == 31
    assert await store.approvals.item_of_issue(7, 31) == item
    assert await store.approvals.item_of_issue(7, 32) is None


async def test_a_revision_of_the_same_number_must_be_the_same(store):
    await opened(store)

    with pytest.raises(NeverAgain, match="Revision 1 is recorded with another digest"):
        await store.approvals.record(a_report(version=2, title="New", revisions=(a_revision(1, digest="other"),)))

    assert await store.approvals.revisions("item1") == (a_revision(1),)
    assert (await store.approvals.item("item1")).title == "Identity Provider Migration"


async def test_a_revision_without_its_content_is_refused_whole(store):
    await store.approvals.open_item(an_item())

    with pytest.raises(NotFound, match="Put a revision's content before"):
        await store.approvals.record(a_first_report(comments=(a_comment(),), events=(an_event(),)))

    assert await store.approvals.revisions("item1") == ()
    assert await store.approvals.comments("item1") == ()
    assert (await store.audit.end()).seq == 0


@pytest.mark.parametrize(
    "report",
    [
        a_report(version=2, revision=2, comments=(a_comment(),)),
        a_report(version=2, reviews=(a_review(revision=2),), comments=(a_comment(),)),
        a_report(version=2, ticks=(a_tick(revision=2),), comments=(a_comment(),)),
        a_report(version=2, state=ItemState.APPROVED, decision=a_decision(revision=2), comments=(a_comment(),)),
    ],
)
async def test_what_is_about_a_revision_that_is_not_recorded_is_refused_whole(store, report):
    before = await opened(store)

    with pytest.raises(NeverAgain, match="Revision 2 is not recorded so"):
        await store.approvals.record(report)

    assert await store.approvals.item("item1") == before
    assert await store.approvals.comments("item1") == ()
    assert await store.approvals.decision("item1") is None


async def test_a_decision_must_name_the_digest_of_its_revision(store):
    before = await opened(store)

    with pytest.raises(NeverAgain, match="Revision 1 is not recorded so"):
        await store.approvals.record(a_report(version=2, state=ItemState.APPROVED, decision=a_decision(digest="another")))

    assert await store.approvals.item("item1") == before


async def test_a_second_other_decision_is_a_fault_and_the_first_stays(store):
    await decided(store)

    with pytest.raises(NeverAgain, match="decided otherwise"):
        await store.approvals.record(a_report(version=3, decision=a_decision(state=ItemState.DECLINED)))

    decision = await store.approvals.decision("item1")
    assert (decision.state, decision.reviews, decision.decided_at) == ("approved", a_decision().reviews, NOON)


async def test_reviews_are_a_history_in_which_an_edit_clears_those_before_it(store):
    await opened(store)
    first = (a_review("v1"), a_review("v2", RACHEL, verdict="declined"), a_review("v3", RACHEL))
    await store.approvals.record(a_report(version=2, reviews=first))
    second = (a_review("v4", revision=2),)
    await store.approvals.record(a_report(version=3, revision=2, revisions=(a_revision(2),), reviews=second))

    history = await store.approvals.reviews("item1")

    cleared_at = NOON + timedelta(hours=2)
    assert [(one.n, one.key, one.cleared_at) for one in history] == [
        (1, "v1", cleared_at),
        (2, "v2", cleared_at),
        (3, "v3", cleared_at),
        (4, "v4", None),
    ]


async def test_an_edited_comment_keeps_what_was_first_written(store):
    await opened(store)
    edit = a_comment(body="Billing is free.", edited_at=NOON + timedelta(minutes=5))
    older = a_comment(body="Billing is what?", edited_at=NOON + timedelta(minutes=1))
    gone = a_comment(body="", is_deleted=True)

    for version, comment in enumerate((a_comment(), edit, older, gone, gone), 2):
        await store.approvals.record(a_report(version=version, comments=(comment,)))

    [kept] = await store.approvals.comments("item1")
    assert (kept.first_body, kept.body, kept.edited_at, kept.is_deleted) == (
        "Billing is frozen.",
        "Billing is free.",
        edit.edited_at,
        True,
    )


async def test_comments_come_in_the_order_in_which_they_were_written(store):
    await opened(store)
    later = a_comment("a", created_at=NOON + timedelta(minutes=1))

    await store.approvals.record(a_report(version=2, comments=(later, a_comment("b"))))

    assert [comment.key for comment in await store.approvals.comments("item1")] == ["b", "a"]


async def test_a_notice_is_made_once_and_goes_out_once(store, clock):
    await opened(store)

    first, is_new = await store.approvals.note_notice("item1", a_notice(message_id="<1@x>"))
    clock.forward(minutes=1)
    again, is_new_again = await store.approvals.note_notice("item1", a_notice(message_id="<2@x>"))
    await store.approvals.notice_sent("item1", first.key, at=NOON)
    await store.approvals.notice_sent("item1", first.key, at=NOON + timedelta(hours=1))

    assert (is_new, is_new_again) == (True, False)
    assert again == first == Notice(**a_notice(message_id="<1@x>").model_dump(), made_at=NOON)
    assert await store.approvals.notices("item1") == (first.model_copy(update={"sent_at": NOON}),)


async def test_a_notice_that_was_never_made_cannot_have_gone_out(store):
    await opened(store)

    with pytest.raises(NotFound, match="has no notice 'gone'"):
        await store.approvals.notice_sent("item1", "gone", at=NOON)

    assert await store.approvals.notices("item1") == ()


async def test_text_that_a_database_refuses_does_not_lose_what_somebody_said(store):
    await opened(store)
    review = a_review("v\0", words="half \ud800 pair and \0")

    await store.approvals.record(a_report(version=2, reviews=(review, review)))
    await store.approvals.record(a_report(version=3, reviews=(review,)))

    assert [one.words for one in await store.approvals.reviews("item1")] == ["half ? pair and \ufffd"]


async def test_an_item_waits_for_each_reviewer_until_they_vote_on_its_current_revision(store):
    await opened(store)
    seen = [await _waiting(store), await _waiting(store, RACHEL), await _waiting(store, SOO)]

    await store.approvals.record(a_report(version=2, reviews=(a_review(verdict="requested_changes"),)))
    seen.append(await _waiting(store))
    await store.approvals.record(a_report(version=3, revision=2, revisions=(a_revision(2),)))
    seen.append(await _waiting(store))
    await store.approvals.record(a_report(version=4, reviewers=(RACHEL, SOO)))
    seen += [await _waiting(store), await _waiting(store, SOO)]

    assert seen == [["item1"], ["item1"], [], [], ["item1"], [], ["item1"]]


async def test_who_takes_a_verdict_back_is_waited_for_again(store):
    await opened(store)
    await store.approvals.record(a_report(version=2, reviews=(a_review(),)))

    await store.approvals.record(a_report(version=3, reviews=(a_review("back", verdict=None),)))

    assert await _waiting(store) == ["item1"]
    assert [one.verdict for one in await store.approvals.reviews("item1")] == ["approved", None]


async def test_nobody_is_waited_for_before_the_opening_and_after_the_end(store):
    await store.approvals.open_item(an_item("unwritten"))
    await store.approvals.record(a_report("unwritten", state=ItemState.OPEN, reviewers=(DANIEL,)))
    await decided(store, "final")
    await store.approvals.open_item(an_item("draft"))
    await store.approvals.record(a_first_report("draft", state=ItemState.DRAFT))

    assert await _waiting(store) == []


async def test_what_waits_is_read_page_by_page_oldest_first_within_given_projects(store, clock):
    await opened(store, "b")
    await opened(store, "a")
    clock.forward(hours=1)
    await opened(store, "other", project_id=8)
    await opened(store, "c")

    assert await _waiting(store, limit=2) == ["a", "b"]
    assert await _waiting(store, limit=2, after_id="b") == ["c", "other"]
    assert await _waiting(store, project_ids=(7,), after_id="a") == ["b", "c"]
    assert await _waiting(store, project_ids=()) == []


async def test_items_are_listed_newest_first_by_what_is_asked(store, clock):
    await decided(store, "old", session_id="s")
    clock.forward(hours=1)
    await opened(store, "a")
    await opened(store, "b", requester_id=6)

    async def listed(**given) -> list[str]:
        return [item.id for item in await store.approvals.items(ItemFilter(**{"readable": ALL} | given))]

    assert await listed() == ["b", "a", "old"]
    assert await listed(limit=1, before_id="b") == ["a"]
    assert (await listed(is_open=True), await listed(is_open=False)) == (["b", "a"], ["old"])
    assert (await listed(session_id="s"), await listed(requester_id=6)) == (["old"], ["b"])


async def test_items_are_listed_only_where_they_may_be_read(store):
    await opened(store, "open")
    await opened(store, "secret", is_confidential=True)
    await opened(store, "elsewhere", project_id=8)

    async def listed(*projects: int, confidential: tuple[int, ...] = ()) -> list[str]:
        readable = Readable(project_ids=projects, confidential_project_ids=confidential)
        return sorted(item.id for item in await store.approvals.items(ItemFilter(readable=readable)))

    assert await listed() == []
    assert await listed(7) == ["open"]
    assert await listed(7, confidential=(8,)) == ["open"]
    assert await listed(7, 8, confidential=(7,)) == ["elsewhere", "open", "secret"]


async def test_what_a_decision_binds_stays_stored(store):
    await decided(store)

    [revision] = await store.approvals.revisions("item1")

    assert await store.contents.get(revision.content_ref) == PLAN
