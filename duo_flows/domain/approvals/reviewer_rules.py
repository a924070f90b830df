"""Who else has to review because of what the flow found: a touched path, a label. Rules add reviewers; none can take one away."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel

from .people import ROLE_LEVELS
from .touched_paths import is_touched

_USERNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_TOO_LOW = frozenset(level.name.lower() for level in AccessLevel) - set(ROLE_LEVELS)


def _usernames(written: tuple[str, ...]) -> tuple[str, ...]:
    usernames = {name.strip().removeprefix("@").lower(): name.strip().removeprefix("@") for name in written}
    wrong = [name for name in usernames.values() if not _USERNAME.fullmatch(name)]
    if wrong:
        raise ValueError(f"write GitLab usernames such as `daniel-r`; {wrong[0]!r} is none")
    return tuple(usernames[key] for key in sorted(usernames))


def _roles(written: tuple[str, ...]) -> tuple[str, ...]:
    roles = {role.strip().lower() for role in written}
    if "" in roles:
        raise ValueError("a role has a name: one of GitLab's, such as `maintainer`, or a custom one")
    if roles & _TOO_LOW:
        lowest = next(iter(ROLE_LEVELS))
        raise ValueError(f"a {min(roles & _TOO_LOW)} cannot read what a flow found out; the lowest role is `{lowest}`")
    return tuple(sorted(roles))


# Long enough for every real path.
Glob = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Reviewers(Model):
    """People by name and by role. A role means: anyone who holds it in the item's project."""

    users: Annotated[tuple[str, ...], AfterValidator(_usernames)] = Field(
        default=(), description="GitLab usernames, with or without @."
    )
    roles: Annotated[tuple[str, ...], AfterValidator(_roles)] = Field(
        default=(), description="GitLab's roles, such as `maintainer` (higher ones hold it too), or custom roles by name."
    )

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody is asked for."""
        return not (self.users or self.roles)


class Found(Model):
    """What the flow found that rules look at: the labels of what it is about, and the paths that its effects may touch.

    A path may be a pattern of the effects, such as `config/**`: it touches whatever it could stand for.
    """

    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class RuleCondition(Model):
    """When a rule applies: one of the paths is touched and, where both are given, one of the labels is set."""

    paths: tuple[Glob, ...] = Field(
        default=(), description="Globs of touched paths: `*` stays in a folder, `**` crosses folders, `config/` is all below it."
    )
    labels: tuple[str, ...] = Field(default=(), description="GitLab labels.")

    @model_validator(mode="after")
    def _says_something(self) -> RuleCondition:
        if not (self.paths or self.labels):
            raise ValueError("say when the rule applies: by `paths`, by `labels`, or by both")
        return self

    def holds_for(self, found: Found) -> bool:
        """Tell whether the rule applies to what was found."""
        by_path = not self.paths or any(is_touched(glob, path) for glob in self.paths for path in found.paths)
        by_label = not self.labels or bool(set(self.labels) & set(found.labels))
        return by_path and by_label


class ReviewerRule(Model):
    """One rule: if `when` holds, those of `add` are reviewers too."""

    when: RuleCondition = Field(description="What must have been found.")
    add: Reviewers = Field(description="Who then reviews too.")
    because: str = Field(default="", max_length=200, description="Why, in words that the added reviewers read.")

    @model_validator(mode="after")
    def _adds_somebody(self) -> ReviewerRule:
        if self.add.is_empty:
            raise ValueError("say who is added: `users`, `roles`, or both")
        return self
