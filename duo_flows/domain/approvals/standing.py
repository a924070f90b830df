"""Where an item stands and why: not a yes or no, but the tree of rules, each with who met it, who still can, and what is missing.

The machine decides by this tree and pages show it, so that a reviewer sees exactly what counts.
"""

from __future__ import annotations

from enum import StrEnum

from duo_flows.domain.model import Model

from .ballot import Ballot, ballot_of, without
from .entitlement import BAR_WORDS, Bar, voter_bar
from .item import ApprovalItem, NamedReviewer
from .people import Facts, Member, names
from .roster import ReviewerStanding, roster_of
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
    approval = _all("All of this", (_threshold(item, ballot, facts), *_checklist(item)))
    declines = _declines(item, ballot)
    return Standing(
        state=item.state,
        revision=item.current.number,
        is_met=approval.is_met,
        can_still_pass=not item.is_final and approval.can_be_met,
        is_declined=declines.is_met,
        approval=approval,
        declines=declines,
        reviewers=roster_of(item, facts),
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
    holders = tuple(member for member in ballot.voters if member.holds(role))
    approved = tuple(member for member in ballot.approvers if member.holds(role))
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


def _checklist(item: ApprovalItem) -> tuple[Branch, ...]:
    if not item.policy.require_checklist:
        return ()
    total, left = len(item.current.checklist), len(item.unticked)
    text = f"{total - left} of {total} items of the checklist are ticked"
    # Whoever may vote may tick, so that ticks alone never stand in the way.
    return (Branch(kind=RuleKind.CHECKLIST, text=text, is_met=not left, can_be_met=True),)


def _declines(item: ApprovalItem, ballot: Ballot) -> Branch:
    needed, so_far = item.policy.declines_needed, len(ballot.decliners)
    return Branch(
        kind=RuleKind.DECLINES,
        text=f"{so_far} of {needed} declines that would end it",
        is_met=so_far >= needed,
        can_be_met=len(ballot.voters) >= needed,
        by=_usernames(ballot.decliners),
        open_to=_usernames(without(ballot.voters, ballot.decliners)),
    )


def _split(members: tuple[Member, ...], ballot: Ballot) -> dict[str, tuple[str, ...]]:
    waiting = without(members, ballot.approvers)
    return {"by": _usernames(without(members, waiting)), "open_to": _usernames(waiting)}


def _usernames(members: tuple[Member, ...]) -> tuple[str, ...]:
    return tuple(sorted(member.username for member in members))
