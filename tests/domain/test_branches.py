"""Branches: names, and who may push by the project's rules."""

import pytest

from duo_flows.domain.branches import BranchRule, PushRight, checked_branch_name, may_push, may_push_as_seen
from duo_flows.domain.errors import Refused
from duo_flows.domain.people import AccessLevel, Branch
from tests.activities.acting import SECRET

MAINTAINERS = PushRight(level=40)
NOBODY = PushRight(level=0)


@pytest.mark.parametrize("name", ["fix", "feat/payment-retry", "duo-edit-0a1b", "a.b", "ünicode", "v1.2/x_y"])
def test_a_plain_name_is_taken(name):
    assert checked_branch_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "a b",
            "-a",
            "/a",
            "a/",
            "a//b",
            "a..b",
            "a.lock",
            "a.lock/b",
            ".a",
            "a/.b",
            "a.",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
        ),
        *("a\\b", "a@{1}", "@", "a\nb", "a\x00", "a\u202eb", "refs/heads/a", "0" * 40, "x" * 201),
    ],
)
def test_a_name_that_git_or_gitlab_would_not_take_is_refused(name):
    with pytest.raises(Refused, match="not a name that a branch can have") as refused:
        checked_branch_name(name)
    assert refused.value.code == "bad_branch"


def test_a_name_that_carries_a_secret_is_refused():
    with pytest.raises(Refused, match="looks like a secret"):
        checked_branch_name(f"fix/{SECRET}")


@pytest.mark.parametrize(
    ("rules", "level", "allowed"),
    [
        ((), 30, True),
        ((), 20, False),
        ((("main", [MAINTAINERS]),), 30, True),
        ((("fix/*", [MAINTAINERS]),), 30, False),
        ((("fix/*", [MAINTAINERS]),), 40, True),
        ((("*", [MAINTAINERS]),), 30, False),
        ((("fix/clock", [NOBODY]),), 50, False),
        ((("fix/clock", []),), 50, False),
        ((("fix/clock", [PushRight(person_id=7)]),), 30, True),
        ((("fix/clock", [PushRight(person_id=8)]),), 50, False),
        ((("fix/clock", [PushRight(person_id=7)]),), 20, False),
        ((("fix/clock", [PushRight()]),), 50, False),
        ((("fix/clock", [MAINTAINERS]), ("fix/*", [PushRight(level=30)])), 30, True),
        ((("fix/[a-z]lock", [NOBODY]), ("fix/?lock", [NOBODY])), 30, True),
    ],
)
def test_who_may_push_is_who_a_rule_of_the_branch_lets(rules, level, allowed):
    stated = [BranchRule(name=name, push=tuple(rights)) for name, rights in rules]
    assert may_push(stated, "fix/clock", person_id=7, level=AccessLevel(level)) is allowed


@pytest.mark.parametrize(
    ("is_protected", "developers_can_push", "level", "allowed"),
    [(False, True, 30, True), (False, True, 20, False), (True, True, 30, True), (True, False, 30, False), (True, False, 40, True)],
)
def test_without_the_rules_the_branch_itself_tells(is_protected, developers_can_push, level, allowed):
    branch = Branch(name="b", sha="a" * 40, is_protected=is_protected, developers_can_push=developers_can_push)
    assert may_push_as_seen(branch, AccessLevel(level)) is allowed
