"""Where an item stands: the tree of reasons, and who each rule waits for."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.approvals.item import ApprovalItem
from duo_flows.domain.approvals.machine import apply
from duo_flows.domain.approvals.opening import opened
from duo_flows.domain.approvals.people import Facts, Member, names
from duo_flows.domain.approvals.reviewer_rules import Found, Reviewers
from duo_flows.domain.approvals.standing import Branch, evaluate
from duo_flows.domain.approvals.states import ItemState
from duo_flows.domain.people import AccessLevel
from tests.domain.approvals.gates import (
    BEN,
    BOT,
    DANIEL,
    DAY,
    FACTS,
    NOON,
    OPENING,
    PRIYA,
    RACHEL,
    SECOND,
    SOO,
    STRANGER,
    approve,
    checked_gate,
    decline,
    draft,
    edit,
    facts,
    gate,
    play,
    policy,
    request_changes,
    tick,
)


def lines(branch: Branch, depth: int = 0) -> list[str]:
    """Return a tree as a page would show it."""
    mark = "x" if branch.is_met else ("." if branch.can_be_met else "!")
    return [f"{'  ' * depth}[{mark}] {branch.text}", *chain.from_iterable(lines(inner, depth + 1) for inner in branch.branches)]


RULE = {
    "when": {"paths": ["config/auth/**"]},
    "add": {"users": ["rachel-t"], "roles": ["legal"]},
    "because": "authentication is touched",
}


def test_the_tree_says_for_each_rule_who_met_it_who_still_can_and_what_is_missing():
    keys = {"users": ("ben-o", "daniel-r"), "roles": ("maintainer",), "reviewer_rules": [RULE]}
    with_lawyer = facts(RACHEL.model_copy(update={"roles": ("legal",)}))
    opened_gate = checked_gate(with_lawyer, found=Found(paths=("config/auth/a.rb",)), **keys)
    item = play(opened_gate, tick(BEN), tick(BEN, "c2"), approve(BEN), known=with_lawyer)
    demoted = facts(DANIEL.model_copy(update={"is_active": False}))

    assert lines(evaluate(item, demoted).approval) == [
        "[!] All of this",
        "  [!] Everybody who is asked approves",
        "    [!] reviewers",
        "      [x] @ben-o has approved",
        "      [!] @daniel-r has to approve, but is not active in GitLab",
        "      [x] role maintainer: @ben-o approved",
        "    [!] reviewer_rules[0]: authentication is touched",
        "      [.] @rachel-t has not approved",
        "      [!] role legal: nobody who may vote holds it",
        "  [x] 2 of 2 items of the checklist are ticked",
    ]


def test_a_count_says_how_many_are_missing_and_who_can_still_approve():
    standing = evaluate(play(gate(threshold=2), approve(BEN)), FACTS)

    assert lines(standing.approval) == [
        "[.] All of this",
        "  [.] 1 of 2 needed approvals; @daniel-r, @soo-kim, @rachel-t can approve",
    ]
    assert (standing.approval.by, standing.approval.open_to) == (("ben-o",), ("daniel-r", "rachel-t", "soo-kim"))


def test_a_count_above_the_people_says_who_is_left():
    standing = evaluate(gate(threshold=3), facts(without=(BEN, SOO)))

    assert standing.obstacles == ("0 of 3 needed approvals, but only 2 may vote: @daniel-r, @rachel-t",)


def test_many_people_are_counted_and_not_listed():
    crowd = tuple(
        Member(id=n, username=f"m{n}", is_bot=False, is_active=True, access=AccessLevel.OWNER, roles=()) for n in range(8)
    )

    assert names(crowd) == "@m0, @m1, @m2, @m3, @m4 and 3 more"
    assert names(()) == "nobody"


def test_each_reviewer_stands_with_what_they_said_of_which_revision_and_whether_it_counts():
    item = play(gate(decline=2), approve(SOO), edit(DANIEL), decline(BEN, 2), request_changes(RACHEL, 2))

    said = {
        each.username: (each.verdict, each.revision, each.counts, each.bar)
        for each in evaluate(item, facts(without=(RACHEL,))).reviewers
    }

    assert said == {
        "daniel-r": (None, None, False, None),
        "soo-kim": ("approved", 1, False, None),
        "ben-o": ("declined", 2, True, None),
        "rachel-t": ("requested_changes", 2, False, "unknown_person"),
    }


def test_a_reviewer_whom_gitlab_never_knew_stands_among_the_others():
    [lost] = [each for each in evaluate(gate(facts(without=(BEN,)), threshold=2), FACTS).reviewers if each.person_id is None]

    assert (lost.username, lost.bar, lost.words) == ("ben-o", "unknown_person", "is nobody that GitLab knows in this project")


def test_a_declined_count_is_a_tree_of_its_own():
    declines = evaluate(play(gate(decline=2), decline(SOO)), FACTS).declines

    assert (declines.text, declines.is_met, declines.by) == ("1 of 2 declines that would end it", False, ("soo-kim",))


def test_a_final_item_can_no_longer_pass():
    assert not evaluate(play(gate(), decline(SOO)), FACTS).can_still_pass


def test_all_of_nobody_is_no_approval():
    standing = evaluate(draft(users=(), reviewer_rules=[RULE]), FACTS)

    assert (standing.is_met, standing.obstacles) == (False, ("nobody is asked to review",))


CROWD = (PRIYA, DANIEL, SOO, BOT)
LEVELS = st.sampled_from([AccessLevel.GUEST, AccessLevel.DEVELOPER, AccessLevel.MAINTAINER])
PEOPLE = st.tuples(
    *(
        st.builds(
            lambda who, access, active: who.model_copy(update={"access": access, "is_active": active}),
            st.just(who),
            LEVELS,
            st.booleans(),
        )
        for who in CROWD
    )
)
SUBSETS = st.sets(st.sampled_from(["priya", "daniel-r", "soo-kim", "duo", "nobody-knows"]), max_size=3)
ROLES = st.sets(st.sampled_from(["maintainer", "developer", "legal"]), max_size=2)
THRESHOLDS = st.one_of(st.just("unanimous"), st.integers(1, 3))


def forced_open(item: ApprovalItem, known: Facts) -> ApprovalItem:
    """Return an item as if it had opened, also where it would have been refused."""
    return opened(item, known, default_timeout=None).model_copy(update={"state": ItemState.OPEN})


def can_pass_by_force(item: ApprovalItem, known: Facts) -> bool:
    """Try every set of approvals, through the machine, and tell whether one of them ends in an approval."""
    revision = item.current.number
    sets = chain.from_iterable(combinations(CROWD, count) for count in range(1, len(CROWD) + 1))
    later = NOON + DAY
    tried = (play(item, *(approve(who, revision, at=later) for who in each), known=known) for each in sets)
    return any(after.state is ItemState.APPROVED for after in tried)


@given(
    people=PEOPLE,
    users=SUBSETS,
    roles=ROLES,
    threshold=THRESHOLDS,
    requester_may_vote=st.booleans(),
    editor_may_vote=st.booleans(),
    acts=st.lists(st.sampled_from([edit(DANIEL), edit(SOO), decline(DANIEL), approve(SOO), approve(PRIYA)]), max_size=3),
)
def test_whether_it_can_still_pass_is_what_trying_everything_finds(people, users, roles, threshold, acts, **flags):
    known = Facts(now=NOON, people=people)
    # Not through the checks of what an author writes: those refuse some of these gates before they could open.
    asked = Reviewers(users=tuple(users), roles=tuple(roles))
    rules = policy(decline=3, **flags).model_copy(update={"reviewers": asked, "threshold": threshold})
    item = draft().model_copy(update={"policy": rules})
    played = play(forced_open(item, known), *acts, known=known) if acts else forced_open(item, known)

    assert evaluate(forced_open(item, known), known).can_still_pass == can_pass_by_force(forced_open(item, known), known)
    assert apply(item, OPENING, known).is_accepted == can_pass_by_force(forced_open(item, known), known)
    assert played.is_final or evaluate(played, known).can_still_pass == can_pass_by_force(played, known)


@pytest.mark.parametrize("who", [STRANGER, PRIYA])
def test_who_cannot_vote_is_in_no_rule(who):
    standing = evaluate(play(gate(), approve(who, at=NOON + SECOND)), FACTS)

    assert who.username not in {each.username for each in standing.reviewers}
