"""Opening a gate: whom it asks, and why one that can never pass is not opened (requirement G6)."""

from __future__ import annotations

from datetime import timedelta

from .entitlement import Bar, candidates, voter_bar
from .item import BASE_RULE, ApprovalItem, Asked, NamedReviewer
from .people import Facts, names
from .reviewer_rules import Reviewers
from .standing import Standing, evaluate
from .times import in_words


def opened(item: ApprovalItem, facts: Facts, *, default_timeout: timedelta | None) -> ApprovalItem:
    """Return the item with everybody asked and its deadline set, counted from now: making it ready uses up nobody's time."""
    asking = item.model_copy(update={"asked": (_asked(BASE_RULE, "", item.policy.reviewers, facts), *newly_asked(item, facts))})
    deadline = item.policy.deadline(facts.now, default=default_timeout)
    return asking.model_copy(update={"opened_at": facts.now, "deadline": deadline})


def newly_asked(item: ApprovalItem, facts: Facts) -> tuple[Asked, ...]:
    """Return whom the rules add for what the current revision touches, beyond those who are asked; none takes anybody away."""
    already = {asked.rule for asked in item.asked}
    rules = {f"reviewer_rules[{index}]": item.policy.reviewer_rules[index] for index in item.policy.rules_for(item.current.found)}
    return tuple(_asked(name, rule.because, rule.add, facts) for name, rule in rules.items() if name not in already)


def _asked(rule: str, because: str, reviewers: Reviewers, facts: Facts) -> Asked:
    users = tuple(_named(username, facts) for username in reviewers.users)
    return Asked(rule=rule, because=because, users=users, roles=reviewers.roles)


def _named(username: str, facts: Facts) -> NamedReviewer:
    member = facts.member_called(username)
    return NamedReviewer(username=username, id=member.id if member else None)


def never_passes(item: ApprovalItem, facts: Facts) -> tuple[str, str] | None:
    """Return (code, reason) of why an opened item could never be approved, or None if it could."""
    if item.deadline is not None and item.deadline <= facts.now:
        return "deadline_passed", f"its deadline, {in_words(item.deadline)}, has passed already"
    standing = evaluate(item, facts)
    if standing.can_still_pass:
        return None
    return _without_voters(item, facts) or _too_few(item, standing)


def _without_voters(item: ApprovalItem, facts: Facts) -> tuple[str, str] | None:
    """Return why nobody may vote, in one word where all are barred for one reason; None if somebody may."""
    asked = candidates(item, facts)
    bars = {voter_bar(item, member) for member in asked}
    if None in bars:
        return None
    if not asked:
        return "no_reviewers", "nobody in the project is a reviewer: no name and no role that it asks for belongs to anybody"
    if bars == {Bar.BOT}:
        return "only_bots", f"its only reviewers, {names(asked)}, are bots or service accounts, which never decide"
    if bars == {Bar.REQUESTER}:
        return "only_the_requester", f"{names(asked)} is the only reviewer, but started the session and has no vote"
    return "nobody_may_vote", f"none of its reviewers, {names(asked)}, may vote"


def _too_few(item: ApprovalItem, standing: Standing) -> tuple[str, str]:
    code = "reviewer_cannot_vote" if item.policy.threshold == "unanimous" else "threshold_above_people"
    return code, "; ".join(standing.obstacles)
