"""Who may review and who may vote, by the facts of this moment; and for everybody else, why not.

A reviewer may edit, tick and ask for a re-run. To vote, a reviewer must besides not be the requester, nor have edited, where the
policy bars them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from duo_flows.domain.people import ACCESS_TO_READ

from .item import ApprovalItem, Asked
from .people import Facts, Member


class Bar(StrEnum):
    """Why somebody may not."""

    UNKNOWN_PERSON = "unknown_person"
    BOT = "bot"
    INACTIVE = "inactive"
    NO_ACCESS = "no_access"
    NOT_A_REVIEWER = "not_a_reviewer"
    REQUESTER = "requester"
    EDITOR = "editor"


# What follows a person's name, in refusals and in the tree of reasons alike.
BAR_WORDS: Mapping[Bar, str] = {
    Bar.UNKNOWN_PERSON: "is nobody that GitLab knows in this project",
    Bar.BOT: "is a bot or a service account, which never decides",
    Bar.INACTIVE: "is not active in GitLab",
    Bar.NO_ACCESS: f"has less than {ACCESS_TO_READ.name.capitalize()} access to the project",
    Bar.NOT_A_REVIEWER: "is not among the reviewers",
    Bar.REQUESTER: "started the session, and the requester has no vote here",
    Bar.EDITOR: "has edited the plan, and editors have no vote here",
}


def person_bar(member: Member | None) -> Bar | None:
    """Return why nobody would listen to this person, or None."""
    if member is None:
        return Bar.UNKNOWN_PERSON
    if member.is_bot:
        return Bar.BOT
    if not member.is_active:
        return Bar.INACTIVE
    return Bar.NO_ACCESS if member.access < ACCESS_TO_READ else None


def reviewer_bar(item: ApprovalItem, member: Member | None) -> Bar | None:
    """Return why a person is no reviewer, or None."""
    if bar := person_bar(member):
        return bar
    return None if member and capacities(item, member) else Bar.NOT_A_REVIEWER


def voter_bar(item: ApprovalItem, member: Member | None) -> Bar | None:
    """Return why a person may not vote, or None."""
    bar = reviewer_bar(item, member)
    return bar or (_own_part(item, member.id) if member else Bar.UNKNOWN_PERSON)


def _own_part(item: ApprovalItem, person_id: int) -> Bar | None:
    if person_id == item.requester_id and not item.policy.requester_may_vote:
        return Bar.REQUESTER
    if person_id in item.editor_ids and not item.policy.editor_may_vote:
        return Bar.EDITOR
    return None


def capacities(item: ApprovalItem, member: Member) -> tuple[str, ...]:
    """Return what a person is asked as: `@name` if by name, and each asked role that they hold. One person has one vote for all."""
    by_name = {f"@{user.username}" for asked in item.asked for user in asked.users if user.id == member.id}
    by_role = {role for asked in item.asked for role in asked.roles if member.holds(role)}
    return (*sorted(by_name), *sorted(by_role))


def voters(item: ApprovalItem, facts: Facts) -> tuple[Member, ...]:
    """Return everybody who may vote now, sorted by id."""
    return tuple(member for member in facts.people if voter_bar(item, member) is None)


def candidates(item: ApprovalItem, facts: Facts) -> tuple[Member, ...]:
    """Return everybody who is named or holds an asked role, may they vote or not."""
    return tuple(member for member in facts.people if capacities(item, member))


def asked_users(asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """Return the names of all who are asked by name, each once, sorted."""
    return tuple(sorted({user.username for one in asked for user in one.users}))
