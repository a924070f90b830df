"""What GitLab says of people at one moment, as facts for the machine. Nothing here is remembered or guessed.

Who is not among the facts is entitled to nothing: an answer that did not come is a no.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import field_validator

from duo_flows.domain.model import Model
from duo_flows.domain.people import ACCESS_TO_READ, AccessLevel

from .times import Utc

# GitLab's roles that a policy may ask for, by their words. A higher role holds the lower ones, as everywhere in GitLab. Those below
# ACCESS_TO_READ are missing: they cannot read what a flow found out, so they cannot decide about it.
ROLE_LEVELS: Mapping[str, AccessLevel] = {level.name.lower(): level for level in AccessLevel if level >= ACCESS_TO_READ}


class Member(Model):
    """One person as GitLab sees them now. Nothing has a default: what nobody asked GitLab must not pass for an answer.

    `roles` are custom roles by name, lower case; GitLab's own follow from `access`.
    """

    id: int
    username: str
    is_bot: bool
    is_active: bool
    access: AccessLevel
    roles: tuple[str, ...]

    @field_validator("roles")
    @classmethod
    def _as_policies_spell_them(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({role.strip().lower() for role in roles}))

    def holds(self, role: str) -> bool:
        """Tell whether the person has a role. A custom role cannot take the name of one of GitLab's."""
        level = ROLE_LEVELS.get(role)
        return role in self.roles if level is None else self.access >= level


class Facts(Model):
    """What is true while one event is judged: the time, and the people whom the item could concern, sorted by id."""

    now: Utc
    people: tuple[Member, ...]

    @field_validator("people")
    @classmethod
    def _each_once(cls, people: tuple[Member, ...]) -> tuple[Member, ...]:
        if len({member.id for member in people}) < len(people):
            raise ValueError("two facts about one person cannot both be true")
        return tuple(sorted(people, key=lambda member: member.id))

    def member(self, person_id: int) -> Member | None:
        """Return what is known of a person, or None."""
        return next((member for member in self.people if member.id == person_id), None)

    def member_called(self, username: str) -> Member | None:
        """Return the person of a name, or None. GitLab's usernames do not differ by case alone."""
        return next((member for member in self.people if member.username.lower() == username.lower()), None)


def names(members: tuple[Member, ...], *, at_most: int = 5) -> str:
    """Return people as a sentence lists them, such as `@a, @b and 3 more`; `nobody` for none."""
    shown = ", ".join(f"@{member.username}" for member in members[:at_most]) or "nobody"
    rest = len(members) - at_most
    return f"{shown} and {rest} more" if rest > 0 else shown
