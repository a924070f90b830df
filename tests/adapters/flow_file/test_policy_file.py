"""A project's policy file: what it states, and that everything else is refused by name."""

from __future__ import annotations

import pytest

from duo_flows.adapters.flow_file.policy_file import policy_of
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.policy import ProjectPolicy, Triggers


def test_a_full_policy_is_read() -> None:
    text = "triggers: {failed_pipeline: true}\nprivileges: [use_git]\ntools: {allow: [a, b], deny: [b]}\n"

    policy = policy_of(text)

    assert policy == ProjectPolicy(
        triggers=Triggers(failed_pipeline=True), privileges=("use_git",), tools_allow=("a", "b"), tools_deny=("b",)
    )
    assert [policy.is_tool_allowed(tool) for tool in ("a", "b", "c")] == [True, False, False]


def test_only_a_project_that_says_so_lets_tools_commit_to_its_default_branch() -> None:
    assert [policy_of(text).allow_default_branch for text in ("allow_default_branch: true", "", "allow_default_branch: false")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "triggers: {}", "{}"])
def test_what_is_not_said_is_not_granted(text: str) -> None:
    policy = policy_of(text)

    assert not policy.triggers.failed_pipeline
    assert policy.privileges_within(["use_git", "read_only_gitlab"]) == ("read_only_gitlab", "use_git")


def test_an_empty_list_of_privileges_grants_none() -> None:
    assert policy_of("privileges: []").privileges_within(["use_git"]) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("triggers: [", "line 1 is not YAML"),
        ("- a\n- b", "the file has to hold keys and values"),
        ("trigger: {}", "trigger: Extra inputs"),
        ("triggers: {failed_pipelines: true}", "triggers.failed_pipelines: Extra inputs"),
        ("triggers: {failed_pipeline: perhaps}", "triggers.failed_pipeline"),
        ("allow_default_branch: main", "allow_default_branch"),
        ("tools: {only: [a]}", "tools: unknown key only"),
        ("tools: [a]", "tools has to hold keys"),
        ("tools: {deny: a}", "tools.deny"),
        ("privileges: use_git", "privileges"),
        ("1: x", "keys and values"),
        ("!!python/object/apply:os.system [id]", "not YAML"),
        ("x" * 64_001, "longer than"),
        ("[" * 60_000, "not YAML"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(NeverAgain, match="does not hold a policy") as refusal:
        policy_of(text)

    assert words in str(refusal.value)
    assert refusal.value.code == "invalid_policy"
