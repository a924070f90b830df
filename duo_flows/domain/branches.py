"""Branches: which names they can have, and who may push to one by the project's rules.

The law of this module: pure. The rules are GitLab's; a person is let through only where a rule says so (requirement S5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate

from .errors import Refused
from .model import Model
from .people import AccessLevel, Branch
from .redaction import redact

# Git's own rules for a ref, and GitLab's: no commit id, no leading hyphen. Source: git-check-ref-format(1); GitLab docs,
# user/project/repository/branches ("Name your branch").
_BAD_IN_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|\.$|/$|^/|^\.|^-|^@$|^refs/heads/")
_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Git refuses longer names of files, in which refs are kept.
_NAME_MAX = 200


class PushRight(Model):
    """Who may push by one line of a rule: a level and above, or one person. GitLab's level 0 is nobody."""

    level: int | None = None
    person_id: int | None = None


class BranchRule(Model):
    """One protected branch of a project, or a pattern with `*`, and who may push to what it names."""

    name: str
    push: tuple[PushRight, ...] = ()


def checked_branch_name(name: str) -> str:
    """Return the name, if a branch can have it.

    Raises:
        Refused: git or GitLab would not take it, or it carries a secret.
    """
    if not name or len(name) > _NAME_MAX or _BAD_IN_NAME.search(name) or not name.isprintable() or _COMMIT_ID.fullmatch(name):
        raise Refused(
            f"{name[:80]!r} is not a name that a branch can have: letters, digits, - _ . and / between words, at most "
            f"{_NAME_MAX} characters.",
            code="bad_branch",
        )
    if redact(name) != name:
        raise Refused("The branch name carries what looks like a secret; take another name.", code="would_write_secret")
    return name


def may_push(rules: Sequence[BranchRule], branch: str, *, person_id: int, level: AccessLevel) -> bool:
    """Tell whether a person may push to a branch, which need not be there yet.

    Where several rules name the branch, each may allow it, as in GitLab; a right of a group is not known here and allows nobody.
    """
    if level < AccessLevel.DEVELOPER:
        return False
    named = [rule for rule in rules if _names(rule, branch)]
    return not named or any(_allows(right, person_id, level) for rule in named for right in rule.push)


def may_push_as_seen(branch: Branch, level: AccessLevel) -> bool:
    """Tell the same from what GitLab shows of the branch itself, where the rules cannot be read."""
    if level < AccessLevel.DEVELOPER:
        return False
    return not branch.is_protected or branch.developers_can_push or level >= AccessLevel.MAINTAINER


def _names(rule: BranchRule, branch: str) -> bool:
    # GitLab knows one wildcard, which also takes slashes; the other signs of a shell's patterns stand for themselves.
    pattern = re.sub(r"[\[?]", lambda found: f"[{found[0]}]", rule.name)
    return re.fullmatch(translate(pattern), branch) is not None


def _allows(right: PushRight, person_id: int, level: AccessLevel) -> bool:
    if right.person_id is not None:
        return right.person_id == person_id
    return right.level is not None and AccessLevel.NONE < right.level <= level
