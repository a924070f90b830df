"""Where an item stands and why: not a yes or no, but the tree of rules, each with who met it, who still can, and what is missing.

The machine decides by this tree and pages show it, so that a reviewer sees exactly what counts.
"""

from __future__ import annotations

from enum import StrEnum

from duo_flows.domain.model import Model

from .ballot import Ballot, ballot_of, counted_review
from .entitlement import BAR_WORDS, Bar, candidates, capacities, voter_bar
from .item import ApprovalItem, NamedReviewer, Review, Verdict
from .people import Facts, Member, names
from .states import ItemState


class RuleKind(StrEnum):
    """What a branch of the tree is about."""

    ALL = "all"
    THRESHOLD = "threshold"
    ASKED = "asked"
    REVIEWER = "reviewer"
    ROLE = "role"
    CHECKLIST = "checklist"
    DECLINES = "declines"


class Branch(Model):
    """One rule, in words that say why it is met, or what is missing.

    `by` are those who meet it so far, `open_to` those who still can contribute, by username. What is met also can be met.
    """

    kind: RuleKind
    text: str
    is_met: bool
    can_be_met: bool
    by: tuple[str, ...] = ()
    open_to: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()

    @property
    def unmet(self) -> tuple[Branch, ...]:
        """Return the innermost rules that are not met; empty if this one is."""
        if self.is_met:
            return ()
        inner = tuple(leaf for branch in self.branches for leaf in branch.unmet)
        return inner or (self,)


class ReviewerStanding(Model):
    """One reviewer: as what they are asked, what they last said of which revision, whether it counts, and what bars them."""

    person_id: int | None
    username: str
    capacities: tuple[str, ...]
    verdict: Verdict | None = None
    revision: int | None = None
    counts: bool = False
    bar: Bar | None = None
    words: str = ""


class Standing(Model):
    """What `evaluate` finds. For a final item it says how things would be now; how it ended stands in `item.decision`."""

    state: ItemState
    revision: int
    is_met: bool
    can_still_pass: bool
    is_declined: bool
    approval: Branch
    declines: Branch
    reviewers: tuple[ReviewerStanding, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what an approval still needs, a sentence each."""
        return tuple(leaf.text for leaf in self.approval.unmet)

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Return why it cannot be approved as people are now, a sentence each; empty if it can."""
        return tuple(leaf.text for leaf in self.approval.unmet if not leaf.can_be_met)


def evaluate(item: ApprovalItem, facts: Facts) -> Standing:
    """Return where an item stands, as people are now.

    More approvals never hurt, so it can still pass exactly if it would were all who may vote to approve.
    """
    ballot = ballot_of(item, facts)
    approval = _all("All of this", (_threshold(item, ballot, facts), *_checklist(item, ballot)))
    declines = _declines(item, ballot)
    return Standing(
        state=item.state,
        revision=item.current.number,
        is_met=approval.is_met,
        can_still_pass=not item.is_final and approval.can_be_met,
        is_declined=declines.is_met,
        approval=approval,
        declines=declines,
        reviewers=_reviewers(item, facts),
    )


def _all(text: str, branches: tuple[Branch, ...], *, kind: RuleKind = RuleKind.ALL) -> Branch:
    return Branch(
        kind=kind,
        text=text,
        is_met=all(branch.is_met for branch in branches),
        can_be_met=all(branch.can_be_met for branch in branches),
        by=tuple(sorted({name for branch in branches for name in branch.by})),
        open_to=tuple(sorted({name for branch in branches for name in branch.open_to})),
        branches=branches,
    )


def _threshold(item: ApprovalItem, ballot: Ballot, facts: Facts) -> Branch:
    return _unanimous(item, ballot, facts) if item.policy.threshold == "unanimous" else _count(item.policy.threshold, ballot)


def _unanimous(item: ApprovalItem, ballot: Ballot, facts: Facts) -> Branch:
    asked = tuple(
        _all(
            f"{one.rule}: {one.because}" if one.because else one.rule,
            (*(_user(item, user, ballot, facts) for user in one.users), *(_role(role, ballot) for role in one.roles)),
            kind=RuleKind.ASKED,
        )
        for one in item.asked
    )
    if any(one.branches for one in asked):
        return _all("Everybody who is asked approves", asked, kind=RuleKind.THRESHOLD)
    # All of nobody is a yes to logicians only.
    return Branch(kind=RuleKind.THRESHOLD, text="nobody is asked to review", is_met=False, can_be_met=False)


def _user(item: ApprovalItem, user: NamedReviewer, ballot: Ballot, facts: Facts) -> Branch:
    voter = ballot.voter(user.id)
    if voter is None:
        bar = voter_bar(item, facts.member(user.id)) if user.id is not None else None
        words = BAR_WORDS[bar or Bar.UNKNOWN_PERSON]
        text = f"@{user.username} has to approve, but {words}"
        return Branch(kind=RuleKind.REVIEWER, text=text, is_met=False, can_be_met=False)
    has = ballot.has_approved(voter)
    text = f"@{voter.username} has approved" if has else f"@{voter.username} has not approved"
    return Branch(kind=RuleKind.REVIEWER, text=text, is_met=has, can_be_met=True, **_split((voter,), ballot))


def _role(role: str, ballot: Ballot) -> Branch:
    holders = ballot.holders(role)
    approved = tuple(member for member in holders if ballot.has_approved(member))
    if approved:
        text = f"role {role}: {names(approved)} approved"
    elif holders:
        text = f"role {role}: no approval; {names(holders)} can give it"
    else:
        text = f"role {role}: nobody who may vote holds it"
    return Branch(kind=RuleKind.ROLE, text=text, is_met=bool(approved), can_be_met=bool(holders), **_split(holders, ballot))


def _count(needed: int, ballot: Ballot) -> Branch:
    so_far, able = len(ballot.approvers), len(ballot.voters)
    text = f"{so_far} of {needed} needed approvals"
    if able < needed:
        text += f", but only {able} may vote: {names(ballot.voters)}"
    elif so_far < needed:
        text += f"; {names(ballot.undecided)} can approve"
    split = _split(ballot.voters, ballot)
    return Branch(kind=RuleKind.THRESHOLD, text=text, is_met=so_far >= needed, can_be_met=able >= needed, **split)


def _checklist(item: ApprovalItem, ballot: Ballot) -> tuple[Branch, ...]:
    if not item.policy.require_checklist:
        return ()
    total, left = len(item.current.checklist), len(item.unticked)
    text = f"{total - left} of {total} items of the checklist are ticked"
    # Whoever may vote may tick.
    return (Branch(kind=RuleKind.CHECKLIST, text=text, is_met=not left, can_be_met=not left or bool(ballot.voters)),)


def _declines(item: ApprovalItem, ballot: Ballot) -> Branch:
    needed, so_far = item.policy.declines_needed, len(ballot.decliners)
    return Branch(
        kind=RuleKind.DECLINES,
        text=f"{so_far} of {needed} declines that would end it",
        is_met=so_far >= needed,
        can_be_met=len(ballot.voters) >= needed,
        by=_usernames(ballot.decliners),
        open_to=_usernames(tuple(member for member in ballot.voters if member not in ballot.decliners)),
    )


def _split(members: tuple[Member, ...], ballot: Ballot) -> dict[str, tuple[str, ...]]:
    approved = tuple(member for member in members if ballot.has_approved(member))
    return {"by": _usernames(approved), "open_to": _usernames(tuple(member for member in members if member not in approved))}


def _usernames(members: tuple[Member, ...]) -> tuple[str, ...]:
    return tuple(sorted(member.username for member in members))


def _reviewers(item: ApprovalItem, facts: Facts) -> tuple[ReviewerStanding, ...]:
    """Return all who are asked or have ever said something: by id, then those named whom GitLab does not know."""
    known = {member.id: member.username for member in candidates(item, facts)}
    said = {review.person_id: review.person for review in (*item.history, *item.reviews)}
    named = {user.id: user.username for asked in item.asked for user in asked.users if user.id is not None}
    lost = sorted({user.username for asked in item.asked for user in asked.users if user.id is None})
    people = {**named, **said, **known}
    return (
        *(_reviewer(item, facts, person_id, people[person_id]) for person_id in sorted(people)),
        *(
            ReviewerStanding(person_id=None, username=name, capacities=(f"@{name}",), **_barred(Bar.UNKNOWN_PERSON))
            for name in lost
        ),
    )


def _reviewer(item: ApprovalItem, facts: Facts, person_id: int, username: str) -> ReviewerStanding:
    member = facts.member(person_id)
    bar = voter_bar(item, member)
    last = _last_said(item, person_id)
    return ReviewerStanding(
        person_id=person_id,
        username=member.username if member else username,
        capacities=capacities(item, member) if member else (),
        verdict=last.verdict if last else None,
        revision=last.revision if last else None,
        counts=bar is None and counted_review(item, person_id) is not None,
        **_barred(bar),
    )


def _barred(bar: Bar | None) -> dict[str, object]:
    return {"bar": bar, "words": BAR_WORDS[bar] if bar else ""}


def _last_said(item: ApprovalItem, person_id: int) -> Review | None:
    said = [review for review in (*item.history, *item.reviews) if review.person_id == person_id]
    return said[-1] if said else None
