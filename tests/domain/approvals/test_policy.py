"""What an author may write about a gate, what it means if they write nothing, and what they hear if it makes no sense."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from duo_flows.domain.approvals.policy import ApprovalPolicy, OnExpiry
from duo_flows.domain.approvals.reviewer_rules import Found, RuleCondition
from duo_flows.domain.approvals.touched_paths import is_touched
from tests.domain.approvals.gates import DAY, DEADLINE, NOON, gate

ALICE = {"reviewers": {"users": ["alice"]}}


def written(**keys: object) -> ApprovalPolicy:
    return ApprovalPolicy.model_validate({**ALICE, **keys})


def test_what_the_author_leaves_out_is_the_careful_choice():
    assert written().model_dump(exclude={"reviewers"}) == {
        "reviewer_rules": (),
        "threshold": "unanimous",
        "decline": "any",
        "timeout": None,
        "reminders": (),
        "on_expiry": OnExpiry.CANCEL,
        "checklist": (),
        "require_checklist": False,
        "requester_may_vote": False,
        "editor_may_vote": True,
        "re_entry": None,
        "plan_format": "",
    }


def test_names_and_roles_are_taken_as_people_write_them_each_once_and_sorted():
    policy = ApprovalPolicy.model_validate(
        {"reviewers": {"users": ["@soo-kim", "alice", "Alice"], "roles": ["Maintainer", "legal"]}}
    )

    assert (policy.reviewers.users, policy.reviewers.roles) == (("Alice", "soo-kim"), ("legal", "maintainer"))


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        ("7d", NOON + 7 * DAY),
        ("P7D", NOON + 7 * DAY),
        ("2026-10-31", datetime(2026, 11, 1, tzinfo=UTC)),
        (date(2026, 10, 31), datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-10-31T12:00+02:00", datetime(2026, 10, 31, 10, tzinfo=UTC)),
        (None, NOON + DAY),
    ],
)
def test_a_timeout_is_a_duration_a_date_until_its_end_a_time_or_the_operators(timeout, expected):
    assert written(timeout=timeout).deadline(NOON, default=DAY) == expected


def test_without_any_timeout_an_item_stays_open():
    assert written().deadline(NOON, default=None) is None


WRONG = {
    "nobody": ({"reviewers": {}}, "name reviewers: `users`, `roles`, or both"),
    "name": ({"reviewers": {"users": ["Daniel R."]}}, "write GitLab usernames such as `daniel-r`; 'Daniel R.' is none"),
    "guest": ({"reviewers": {"roles": ["guest"]}}, "a guest cannot read what a flow found out; the lowest role is `reporter`"),
    "role": ({"reviewers": {"roles": [" "]}}, "a role has a name"),
    "zero": ({"threshold": 0}, "write `unanimous`, or how many people have to approve"),
    "yes": ({"threshold": True}, "write `unanimous`, or how many people have to approve"),
    "all": ({"threshold": "all"}, "write `unanimous`, or how many people have to approve"),
    "many": ({"threshold": 2}, "2 people have to approve, but only 1 can"),
    "never": ({"decline": "never"}, "write `any`, or how many people have to decline"),
    "soon": ({"timeout": "soon"}, "write a duration such as `7d`, a date such as `2026-10-31`"),
    "ages": ({"timeout": "999999999w"}, "a duration is above 0 and at most 365 days"),
    "zone": ({"timeout": "2026-10-31T12:00"}, "a time says its zone"),
    "far": ({"timeout": "9999-12-31"}, "write a time before the year 9999"),
    "reminder": ({"timeout": "2d", "reminders": ["2d"]}, "a reminder comes before the timeout"),
    "expiry": ({"on_expiry": "approve"}, "Input should be 'cancel' or 'notify'"),
    "nothing to tick": ({"require_checklist": True}, "`require_checklist` needs a `checklist`"),
    "twice": ({"checklist": ["signed", " signed"]}, "the checklist has 'signed' twice"),
    "text for a bool": ({"requester_may_vote": "yes"}, "Input should be a valid boolean"),
    "when": ({"reviewer_rules": [{"when": {}, "add": {"users": ["bob"]}}]}, "say when the rule applies"),
    "add": ({"reviewer_rules": [{"when": {"labels": ["x"]}, "add": {}}]}, "say who is added"),
    "unknown key": ({"treshold": 2}, "Extra inputs are not permitted"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_refused_once_in_the_authors_words(case):
    keys, words = WRONG[case]

    with pytest.raises(ValidationError) as caught:
        written(**keys)

    [error] = caught.value.errors()
    assert words in error["msg"]


def test_a_policy_travels_as_json_and_comes_back_the_same():
    policy = written(timeout="2026-10-31", reminders=["3d", "1d"], threshold=1, checklist=["signed"])

    assert ApprovalPolicy.model_validate_json(policy.model_dump_json()) == policy
    assert policy.reminders == (DAY, 3 * DAY)


def test_the_schema_says_what_every_key_means():
    properties = ApprovalPolicy.model_json_schema()["properties"]

    assert [key for key, value in properties.items() if "description" not in value] == []
    assert properties["threshold"]["anyOf"] == [{"const": "unanimous", "type": "string"}, {"minimum": 1, "type": "integer"}]


def test_reminders_count_from_the_opening_and_none_comes_at_or_after_the_deadline():
    item = gate(timeout=DEADLINE, reminders=["1d", "3d", "7d", "9d"])

    assert item.reminders_at == (NOON + DAY, NOON + 3 * DAY)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("config/auth/**", "config/auth/saml.rb", True),
        ("config/auth/**", "config/auth/a/b.rb", True),
        ("config/auth/", "config/auth/a/b.rb", True),
        ("config/auth/**", "config/authors.rb", False),
        ("*.tf", "main.tf", True),
        ("*.tf", "infra/main.tf", False),
        ("**/*.tf", "infra/main.tf", True),
        ("**/*.tf", "main.tf", True),
        ("/Gemfile", "Gemfile", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("*", ".env", True),
        ("*", "line\nbreak", True),
        ("Gemfile", "gemfile", False),
    ],
)
def test_a_star_stays_in_its_folder_and_two_cross_folders(glob, path, expected):
    assert is_touched(glob, path) is expected


@pytest.mark.parametrize(
    ("glob", "touched", "expected"),
    [
        ("config/auth/**", "config/**", True),
        ("config/auth/**", "**", True),
        ("config/auth/**", "config/*/saml.rb", True),
        ("config/auth/**", "config/*.rb", False),
        ("config/auth/**", "app/**", False),
        ("**/*.tf", "infra/*", True),
        ("**/*.tf", "infra/*.rb", False),
        ("*.tf", "infra/*.tf", False),
        ("a?c", "a*", True),
        ("config/", "conf*/auth/x", True),
    ],
)
def test_a_pattern_of_the_effects_touches_whatever_it_could_stand_for(glob, touched, expected):
    assert is_touched(glob, touched) is expected


PATTERNS = st.from_regex(r"([ab?]|\*\*?)([ab?/]|\*\*?){0,4}[ab]", fullmatch=True).filter(lambda text: "***" not in text)
PATHS = st.from_regex(r"[ab][ab/]{0,4}[ab]|[ab]", fullmatch=True)


@given(glob=PATTERNS, pattern=PATTERNS, paths=st.lists(PATHS, min_size=20, max_size=60))
def test_no_path_that_fits_both_is_missed_by_a_touched_pattern(glob, pattern, paths):
    fits_both = any(is_touched(glob, path) and is_touched(pattern, path) for path in paths)

    assert is_touched(glob, pattern) or not fits_both


BOTH = RuleCondition(paths=("config/**",), labels=("security",))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Found(paths=("config/a",), labels=("security",)), True),
        (Found(paths=("config/a",)), False),
        (Found(labels=("security",)), False),
        (Found(), False),
    ],
)
def test_a_rule_by_path_and_label_needs_both(found, expected):
    assert BOTH.holds_for(found) is expected


def test_a_pattern_that_could_be_slow_is_answered():
    assert not is_touched("*a" * 20 + "b", "a" * 60)
    assert not is_touched("*a" * 20 + "b", "*a" * 60)


def test_a_reminder_beyond_what_a_clock_can_count_is_refused_in_words():
    with pytest.raises(ValidationError, match="at most 365 days"):
        written(reminders=["999999999w"], timeout=timedelta(days=1))
