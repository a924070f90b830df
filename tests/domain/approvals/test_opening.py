"""Who is asked when a gate opens, and the gates that are not opened because they could never pass (requirements G4, G6)."""

import pytest

from duo_flows.domain.approvals.audit import Opened
from duo_flows.domain.approvals.item import Asked, NamedReviewer
from duo_flows.domain.approvals.machine import apply
from duo_flows.domain.approvals.people import Facts, Member
from duo_flows.domain.approvals.reviewer_rules import Found
from duo_flows.domain.approvals.standing import evaluate
from duo_flows.domain.people import AccessLevel
from tests.domain.approvals.gates import (
    BEN,
    BOT,
    DANIEL,
    DEADLINE,
    FACTS,
    NOON,
    OPENING,
    PEOPLE_CHANGED,
    PRIYA,
    RACHEL,
    SECOND,
    SOO,
    STRANGER,
    approve,
    draft,
    edit,
    facts,
    gate,
    last,
    member,
    names_of,
    play,
)

SECURITY = {
    "when": {"paths": ["config/auth/**"], "labels": []},
    "add": {"users": ["rachel-t"], "roles": ["maintainer"]},
    "because": "authentication is touched",
}
TOUCHING = Found(paths=("config/auth/saml.rb",))


def test_a_gate_that_opens_asks_people_by_name_and_role_and_says_who_may_vote():
    ruling = apply(draft(users=("daniel-r",), roles=("maintainer",)), OPENING, FACTS)

    [event] = ruling.audit
    assert event.data == Opened(
        digest=ruling.item.current.digest,
        asked=(Asked(users=(NamedReviewer(username="daniel-r", id=DANIEL.id),), roles=("maintainer",)),),
        voter_ids=(DANIEL.id, SOO.id, BEN.id),
        deadline=DEADLINE,
    )


def test_a_higher_role_holds_the_lower_ones_and_a_custom_role_is_held_by_name():
    assert [BEN.holds(role) for role in ("reporter", "maintainer", "owner", "security")] == [True, True, True, False]
    assert [RACHEL.holds(role) for role in ("developer", "maintainer", "security")] == [True, False, True]


def test_a_custom_role_cannot_take_the_name_of_one_of_gitlabs():
    assert not member(7, "eve", roles=("owner",)).holds("owner")


def test_time_runs_from_the_opening_and_not_from_when_the_item_was_made():
    later = apply(draft(), OPENING, facts(now=NOON + SECOND)).item

    assert (later.opened_at, later.deadline) == (NOON + SECOND, DEADLINE + SECOND)


def test_a_rule_adds_reviewers_for_what_the_flow_found_and_says_why():
    item = gate(users=("daniel-r",), reviewer_rules=[SECURITY], found=TOUCHING)

    assert [(asked.rule, asked.because) for asked in item.asked] == [
        ("reviewers", ""),
        ("reviewer_rules[0]", "authentication is touched"),
    ]
    assert item.voter_ids == (DANIEL.id, SOO.id, RACHEL.id, BEN.id)


def test_a_rule_that_does_not_apply_adds_nobody():
    assert gate(users=("daniel-r",), reviewer_rules=[SECURITY]).voter_ids == (DANIEL.id,)


def test_an_edit_that_touches_more_adds_reviewers_and_asks_them_at_once():
    item = gate(users=("daniel-r", "ben-o"), reviewer_rules=[SECURITY])

    ruling = last(item, edit(DANIEL, found=TOUCHING))

    assert names_of(ruling) == ("revision.created", "reviewers.added", "reviewers.changed")
    assert ruling.item.voter_ids == (DANIEL.id, SOO.id, RACHEL.id, BEN.id)


def test_an_edit_that_touches_less_takes_no_reviewer_away():
    item = gate(users=("daniel-r",), reviewer_rules=[SECURITY], found=TOUCHING)

    assert play(item, edit(DANIEL, found=Found())).asked == item.asked


def test_an_edit_that_touches_the_same_asks_nobody_twice():
    item = gate(users=("daniel-r",), reviewer_rules=[SECURITY], found=TOUCHING)

    ruling = last(item, edit(DANIEL, found=TOUCHING))

    assert (ruling.item.asked, names_of(ruling)) == (item.asked, ("revision.created",))


def test_nobody_inherits_a_vote_with_a_username():
    known = facts(without=(DANIEL,))
    item = gate(known, users=("daniel-r", "ben-o"), threshold=1)

    ruling = apply(item, approve(DANIEL), FACTS)

    assert (ruling.is_accepted, ruling.code, ruling.item.reviews) == (False, "not_a_reviewer", ())


LOW = member(2, "daniel-r", access=AccessLevel.GUEST)
NEVER = {
    "no_reviewers": ({"users": (), "roles": ("legal",)}, FACTS, "nobody in the project is a reviewer"),
    "only_bots": ({"users": ("duo",), "threshold": 1}, FACTS, "its only reviewers, @duo, are bots or service accounts"),
    "only_the_requester": ({"users": ("priya",), "threshold": 1}, FACTS, "@priya is the only reviewer, but started the session"),
    "nobody_may_vote": ({"users": ("daniel-r", "duo")}, facts(LOW), "none of its reviewers, @daniel-r, @duo, may vote"),
    "threshold_above_people": ({"users": (), "roles": ("maintainer",), "threshold": 3}, FACTS, "only 2 may vote: @soo-kim, @ben-o"),
    "reviewer_cannot_vote": ({}, facts(LOW), "@daniel-r has to approve, but has less than Reporter access"),
    "deadline_passed": ({"timeout": NOON}, FACTS, "its deadline, 2026-03-01 12:00:00 UTC, has passed already"),
}


@pytest.mark.parametrize("code", NEVER)
def test_a_gate_that_can_never_pass_is_not_opened_and_says_why(code):
    keys, known, words = NEVER[code]
    before = draft(**keys)

    ruling = apply(before, OPENING, known)

    assert (ruling.is_accepted, ruling.code, ruling.item) == (False, code, before)
    assert ruling.reason.startswith("GA-004 was not opened, because it could never be approved: ")
    assert words in ruling.reason
    assert names_of(ruling) == ("approval.refused",)


@pytest.mark.parametrize(
    ("keys", "known"),
    [
        ({"users": ("daniel-r", "priya")}, FACTS),
        ({"users": ("daniel-r", "nobody-knows")}, FACTS),
        ({"users": ("daniel-r",), "roles": ("legal",)}, FACTS),
        ({"users": ("daniel-r", "duo")}, FACTS),
        ({"users": ("daniel-r",)}, Facts(now=NOON, people=())),
    ],
)
def test_unanimity_with_one_who_cannot_vote_is_not_opened(keys, known):
    ruling = apply(draft(**keys), OPENING, known)

    assert not ruling.is_accepted
    assert ruling.item == draft(**keys)


def test_a_draft_that_was_refused_opens_when_people_have_come_even_by_the_same_event():
    refused = apply(draft(), OPENING, facts(without=(BEN,)))

    assert apply(refused.item, OPENING, FACTS).is_accepted


def test_a_requester_who_may_vote_can_be_the_only_reviewer():
    item = gate(users=("priya",), requester_may_vote=True)

    assert play(item, approve(PRIYA)).state == "approved"


BARRED: dict[str, Member] = {
    "bot": member(2, "daniel-r", is_bot=True),
    "inactive": member(2, "daniel-r", is_active=False),
    "no_access": LOW,
}


@pytest.mark.parametrize("bar", BARRED)
def test_a_gate_that_becomes_impossible_says_so_at_once_and_stays_open(bar):
    ruling = last(gate(), PEOPLE_CHANGED, known=facts(BARRED[bar]))

    assert names_of(ruling) == ("reviewers.changed", "approval.blocked")
    assert (ruling.item.state, ruling.item.is_possible) == ("open", False)
    assert "@daniel-r has to approve, but" in ruling.audit[1].data.reasons[0]
    assert not evaluate(ruling.item, facts(BARRED[bar])).can_still_pass


def test_a_gate_that_becomes_possible_again_says_so():
    blocked = play(gate(), PEOPLE_CHANGED, known=facts(without=(DANIEL,)))

    ruling = last(blocked, PEOPLE_CHANGED.model_copy(update={"event_id": "people again"}))

    assert names_of(ruling) == ("reviewers.changed", "approval.unblocked")
    assert ruling.item.is_possible


def test_that_nothing_has_changed_about_people_is_no_news():
    assert names_of(last(gate(), PEOPLE_CHANGED)) == ()


def test_somebody_who_gets_an_asked_role_later_may_vote():
    promoted = facts(member(STRANGER.id, "stranger", access=AccessLevel.MAINTAINER))
    item = gate(users=(), roles=("maintainer",))

    assert last(item, approve(STRANGER)).code == "not_a_reviewer"
    assert last(item, approve(STRANGER), known=promoted).item.state == "approved"


def test_bots_hold_no_role_that_counts():
    ruling = last(gate(users=(), roles=("maintainer",)), approve(BOT))

    assert (ruling.code, ruling.item.reviews) == ("bot", ())
