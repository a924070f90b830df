"""Effects of plans: stated, checked, approved, and held against every write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.effects import Effect, EffectKind
from duo_flows.domain.errors import Refused
from duo_flows.domain.plans.effect_changes import effect_changes
from duo_flows.domain.plans.effects import (
    EffectCount,
    PlanEffects,
    ProjectEffects,
    UsedEffects,
    covers,
    project_lines,
    sentence,
    used_after,
)
from duo_flows.domain.plans.globs import checked_pattern, matches_branch, matches_path
from duo_flows.domain.plans.stated_effects import EffectFacts, KnownProject, StatedEffects, StatedProject, check, completed

CORE = ProjectEffects(
    project_id=7,
    project_path="meridian/core",
    branches=("idp/*",),
    paths=("config/**", "README.md"),
    files=2,
    items=("#8821",),
)
COUNTS = tuple(
    EffectCount(kind=kind, count=count)
    for kind, count in [(EffectKind.COMMENT, 1), (EffectKind.COMMIT, 2), (EffectKind.MERGE_REQUEST, 2)]
)
APPROVED = PlanEffects(projects=(CORE,), tools=("create_commit", "create_merge_request", "update_merge_request"), counts=COUNTS)
NOTHING = UsedEffects()
FACTS = EffectFacts(
    projects=(KnownProject(project_id=7, project_path="meridian/core", protected_branches=("main", "release/1")),),
    tools=("create_commit", "create_merge_request"),
)


def commit(*paths, branch="idp/a"):
    return Effect(kind=EffectKind.COMMIT, branch=branch, paths=paths)


def refusal(*touched, used=NOTHING, project_id=7, tool="create_commit"):
    return covers(APPROVED, touched, used, project_id=project_id, tool=tool)


@pytest.mark.parametrize(
    "touched",
    [
        commit("config/a.yml", "README.md"),
        commit("config/deep/er/a.yml"),
        Effect(kind=EffectKind.MERGE_REQUEST, branch="idp/a"),
        Effect(kind=EffectKind.COMMENT, item="#8821"),
    ],
)
def test_what_is_approved_is_covered(touched):
    assert refusal(touched) is None


@pytest.mark.parametrize(
    ("touched", "named"),
    [
        (commit("src/a.py"), "'src/a.py' in meridian/core is outside the approved paths (config/**, README.md)"),
        (commit("config/../src/a.py"), "outside the approved paths"),
        (commit("readme.md"), "outside the approved paths"),
        (commit("config/.gitlab-ci.yml"), "outside the approved paths"),
        (
            commit("config/a", "config/b", "config/c"),
            "3 changed files in meridian/core; at most 2 are approved, and 0 were changed before",
        ),
        (commit(), "does not say which files"),
        (commit("config/a", branch="main"), "Branch 'main' of meridian/core is outside the approved branches (idp/*)"),
        (commit("config/a", branch=""), "A branch without a name"),
        (Effect(kind=EffectKind.BRANCH, branch="idp/a"), "1 branch; at most 0 are approved"),
        (Effect(kind=EffectKind.MERGE_REQUEST, item="!3"), "!3 of meridian/core is neither approved nor made under this approval"),
        (Effect(kind=EffectKind.COMMENT, item="#8821", count=2), "2 comments; at most 1 are approved, and 0 were written before"),
        (Effect(kind=EffectKind.COMMENT), "The comment does not say what it is written on"),
        (Effect(kind=EffectKind.ISSUE), "1 issue; at most 0 are approved"),
    ],
)
def test_what_is_not_approved_is_refused_in_words(touched, named):
    reason = refusal(touched)
    assert named in reason
    assert reason.endswith("Stay inside what was approved, or ask for a new approval.")


def test_another_tool_or_project_or_an_unknown_write_is_refused():
    assert "The tool create_issue is not among the approved ones" in refusal(commit("config/a"), tool="create_issue")
    assert "Project 8 is not among the approved ones (meridian/core)" in refusal(commit("config/a"), project_id=8)
    assert "does not say what it would write" in refusal()


def test_nothing_is_covered_by_no_effects():
    assert covers(PlanEffects(), [commit("a")], UsedEffects(), project_id=7, tool="create_commit") is not None


def test_one_file_more_is_refused_and_the_same_file_again_is_not():
    used = used_after(UsedEffects(), [commit("config/a", "config/b")], project_id=7)
    assert refusal(commit("config/a"), used=used) is None
    assert "3 changed files" in refusal(commit("config/c"), used=used)


def test_one_commit_more_is_refused():
    once = used_after(UsedEffects(), [commit("config/a")], project_id=7)
    twice = used_after(once, [commit("config/a")], project_id=7)
    assert refusal(commit("config/a"), used=once) is None
    assert "3 commits; at most 2 are approved, and 2 were written before" in refusal(commit("config/a"), used=twice)


def test_what_was_made_under_the_approval_may_be_changed():
    made = used_after(UsedEffects(), [Effect(kind=EffectKind.MERGE_REQUEST, branch="idp/a")], project_id=7, made=["!57"])
    change = Effect(kind=EffectKind.MERGE_REQUEST, item="!57")
    assert refusal(change, used=made, tool="update_merge_request") is None
    assert refusal(change, tool="update_merge_request") is not None


def test_two_commits_of_one_call_count_twice():
    used = used_after(UsedEffects(), [commit("config/a")], project_id=7)
    assert "3 commits" in refusal(commit("config/a"), commit("config/a"), used=used)


@pytest.mark.parametrize(
    ("pattern", "path", "is_met"),
    [
        ("a/*.py", "a/b.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("a/**", "a/b/c.py", True),
        ("a/**", "a", False),
        ("**/a.py", "a.py", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**", "a/b", True),
        ("**", ".gitlab-ci.yml", False),
        ("**", "a/.env", False),
        ("**/.env", "a/.env", True),
        (".gitlab/**", ".gitlab/duo/flows/a.yml", True),
        (".*", ".gitlab-ci.yml", True),
        ("*", ".env", False),
        ("?.py", "a.py", True),
        ("a", "A", False),
        ("a.py", "axpy", False),
        ("a/../b", "b", False),
        ("/a", "a", False),
        ("a/", "a/b", False),
        ("[ab]", "a", False),
        ("a**", "ab", False),
        ("a*b*c", "aXbYbZc", True),
    ],
)
def test_a_pattern_means_what_it_says(pattern, path, is_met):
    assert matches_path(pattern, path) is is_met


@pytest.mark.parametrize(
    ("pattern", "branch", "is_met"),
    [
        ("idp/*", "idp/a", True),
        ("idp/*", "idp/a/b", False),
        ("main", "main", True),
        ("main", "Main", False),
        ("*", "a b", False),
        ("*", "", False),
    ],
)
def test_a_pattern_of_branches_means_what_it_says(pattern, branch, is_met):
    assert matches_branch(pattern, branch) is is_met


def test_a_hostile_pattern_is_quick():
    assert not matches_path("/".join(["**", "*a*a*a*a*a*a*b"] * 12), "/".join(["a" * 50] * 60))


@given(st.text(alphabet="ab/.*?[]!\\ \u200b", max_size=12), st.text(alphabet="ab/.*", max_size=12))
@settings(deadline=None)
def test_a_pattern_that_is_not_ours_meets_nothing(pattern, path):
    met = matches_path(pattern, path)
    assert not met or checked_pattern(pattern) == pattern


STATED = StatedProject(project="meridian/core", branches=("idp/*",), paths=("config/**",), files=2)


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        (StatedEffects(projects=(STATED, STATED)), "named twice"),
        (StatedEffects(projects=(StatedProject(project="other"),)), "does not exist, or the requester may not write to it"),
        (StatedEffects(tools=("get_issue",)), "'get_issue' does not write"),
        (StatedEffects(projects=(STATED.model_copy(update={"paths": ("../a",)}),)), "The pattern '../a' cannot be used"),
        (StatedEffects(projects=(STATED.model_copy(update={"branches": ("**",)}),)), "also means the protected branch 'main'"),
        (StatedEffects(projects=(STATED.model_copy(update={"items": ("8821",)}),)), "'8821' is no item"),
        (StatedEffects(projects=(STATED.model_copy(update={"files": 0}),)), "say both which files and how many"),
        (StatedEffects(projects=(STATED.model_copy(update={"branches": ()}),)), "say on which"),
        (StatedEffects(counts=COUNTS + COUNTS[:1]), "The count of comment is said twice"),
    ],
)
def test_what_an_agent_states_wrongly_is_said_and_not_approved(stated, problem):
    assert problem in " ".join(check(stated, FACTS))
    with pytest.raises(Refused, match="cannot be approved"):
        completed(stated, FACTS)


def test_a_protected_branch_may_be_named_alone():
    assert check(StatedEffects(projects=(STATED.model_copy(update={"branches": ("main",)}),)), FACTS) == ()


def test_stated_effects_are_completed_with_numbers_and_limits():
    stated = StatedEffects(projects=(STATED,), tools=("create_merge_request", "create_commit"), counts=COUNTS[:2])
    found = completed(stated, FACTS)
    assert found.in_project(7).project_path == "meridian/core"
    assert found.tools == ("create_commit", "create_merge_request")
    assert [(each.kind.value, each.count) for each in found.counts] == [
        ("branch", 1),
        ("comment", 1),
        ("commit", 2),
        ("merge_request", 1),
    ]


def test_effects_are_said_plainly():
    assert sentence(None) == "Carrying out this plan may write nothing."
    assert sentence(APPROVED) == (
        "1 repository, at most 2 files, only on branches matching `idp/*`, at most 1 comment, at most 2 commits, "
        "at most 2 merge requests; nothing else."
    )
    assert (
        project_lines(APPROVED)[0]
        == "`meridian/core`: at most 2 files in `config/**`, `README.md`; branches `idp/*`; writes on #8821."
    )


def test_wider_effects_stand_first():
    wider = CORE.model_copy(update={"files": 5, "paths": ("README.md", "src/**")})
    billing = ProjectEffects(project_id=8, project_path="meridian/billing", branches=("idp/*",))
    after = APPROVED.model_copy(update={"projects": (wider, billing), "tools": ("create_commit",), "counts": COUNTS[:2]})
    changes = [(change.is_wider, change.text) for change in effect_changes(APPROVED, after)]
    assert changes == [
        (True, "also path src/** of meridian/core"),
        (True, "at most 5 instead of 2 files of meridian/core"),
        (True, "also project meridian/billing"),
        (True, "also branch idp/* of meridian/billing"),
        (False, "no longer path config/** of meridian/core"),
        (False, "no longer tool create_merge_request"),
        (False, "no longer tool update_merge_request"),
        (False, "at most 0 merge requests instead of 2"),
    ]


def test_equal_effects_do_not_differ():
    assert effect_changes(APPROVED, APPROVED) == ()
    assert effect_changes(None, PlanEffects()) == ()


def test_no_effects_are_narrower_than_some():
    assert not any(change.is_wider for change in effect_changes(APPROVED, None))
