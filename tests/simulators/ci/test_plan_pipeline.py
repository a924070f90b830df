import pytest

from simulators.gitlab.ci import CiConfigError, PipelineFilteredError, plan_pipeline


def plan(config, **occasion):
    defaults = {"ref": "main", "default_branch": "main", "source": "push", "merge_request": False}
    return plan_pipeline(config, **{**defaults, **occasion})


def only_job(config, **occasion):
    (job,) = plan(config, **occasion).jobs
    return job


def names(config, **occasion):
    return [job.name for job in plan(config, **occasion).jobs]


def test_jobs_come_in_the_order_of_their_stages():
    planned = plan("""
stages: [build, test]
b: {stage: test, script: x}
last: {stage: .post, script: x}
a: {stage: build, script: x}
""")

    assert [job.name for job in planned.jobs] == ["a", "b", "last"]
    assert planned.stages == ("build", "test", ".post")


def test_default_is_inherited_and_overridden():
    planned = plan("""
default: {before_script: [one], timeout: 1h 30m, retry: 1}
a: {script: x}
b: {script: x, before_script: [], timeout: 90}
c: {script: x, inherit: {default: [timeout]}}
""")

    assert [job.before_script for job in planned.jobs] == [("one",), (), ()]
    assert [job.timeout_seconds for job in planned.jobs] == [5400, 90, 5400]
    assert [job.retry_count for job in planned.jobs] == [1, 1, 0]


def test_extends_merges_mappings_and_replaces_lists():
    job = only_job("""
.base: {script: [a, b], variables: {ONE: 1, TWO: 2}}
.more: {extends: .base, variables: {TWO: two}}
job: {extends: [.more], script: [c], variables: {THREE: true}}
""")

    assert job.script == ("c",)
    assert job.variables == {"ONE": "1", "TWO": "two", "THREE": "true"}


def test_anchors_references_and_nested_scripts_are_resolved():
    job = only_job("""
.setup: &setup {before_script: [prepare]}
.steps: {script: [one, [two]]}
job: {<<: *setup, script: [!reference [.steps, script], three]}
""")

    assert (job.before_script, job.script) == (("prepare",), ("one", "two", "three"))


def test_variables_of_configuration_job_and_rule_lie_above_each_other():
    job = only_job("""
variables: {A: all, B: all, C: {value: all, description: told}}
job: {script: x, variables: {B: job, C: job}, rules: [{if: $A == "all", variables: {C: rule}}]}
""")

    assert job.variables == {"A": "all", "B": "job", "C": "rule"}


def test_the_first_rule_that_matches_decides():
    config = """
job:
  script: x
  rules:
    - {if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH, when: manual, allow_failure: true}
    - {if: $CI_PIPELINE_SOURCE == "merge_request_event"}
"""

    on_main, in_merge_request = only_job(config), only_job(config, source="merge_request_event", ref="f", merge_request=True)

    assert (on_main.when, on_main.allow_failure) == ("manual", True)
    assert (in_merge_request.when, in_merge_request.allow_failure) == ("on_success", False)
    with pytest.raises(PipelineFilteredError, match="prevented any jobs"):
        plan(config, ref="feature")


@pytest.mark.parametrize(
    ("pattern", "path", "is_run"),
    [
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/er/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("docs/**", "docs/a/b.md", True),
        ("*.{md,txt}", "README.md", True),
        ("Dockerfile", "app/Dockerfile", False),
    ],
)
def test_changes_match_paths(pattern, path, is_run):
    config = f"job: {{script: x, rules: [{{changes: ['{pattern}']}}]}}\nother: {{script: x}}"

    assert ("job" in names(config, changes=["other.txt", path])) is is_run


def test_only_and_except_choose_by_kind_name_and_pattern():
    config = """
plain: {script: x}
branches: {script: x, only: [branches]}
requests: {script: x, only: [merge_requests]}
releases: {script: x, only: [/^release-/], except: [release-0]}
web: {script: x, only: {refs: [web]}}
variable: {script: x, only: {variables: ['$DEPLOY == "yes"']}}
"""

    assert names(config) == ["plain", "branches"]
    assert names(config, merge_request=True, source="merge_request_event") == ["requests"]
    assert names(config, ref="release-1") == ["plain", "branches", "releases"]
    assert names(config, ref="release-0") == ["plain", "branches"]
    assert names(config, source="web", variables={"DEPLOY": "yes"}) == ["plain", "branches", "web", "variable"]


def test_workflow_rules_choose_whether_there_is_a_pipeline_and_its_variables():
    config = "workflow: {rules: [{if: $CI_COMMIT_BRANCH == 'main', variables: {KIND: full}}]}\njob: {script: x}"

    assert plan(config).variables == {"KIND": "full"}
    assert only_job(config).variables == {"KIND": "full"}
    with pytest.raises(PipelineFilteredError, match="filtered out by workflow rules"):
        plan(config, ref="feature")


def test_needs_are_names_or_mappings_and_may_be_optional():
    planned = plan("""
a: {script: x}
b: {script: x, needs: [a]}
c: {script: x, needs: [{job: a, artifacts: true}, {job: never, optional: true}]}
d: {script: x, needs: []}
never: {script: x, rules: [{when: never}]}
""")

    assert [job.needs for job in planned.jobs] == [None, ("a",), ("a",), ()]


def test_exit_codes_may_be_allowed_to_fail():
    job = only_job("job: {script: x, allow_failure: {exit_codes: [3, 4]}}")

    assert [job.is_allowed_to_fail_with(code) for code in (3, 4, 1)] == [True, True, False]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("jobs", "Invalid configuration format"),
        ("a: [", "(<unknown>)"),
        (".a: {script: x}", "jobs config should contain at least one visible job"),
        ("test: {scirpt: x}", "jobs:test config contains unknown keys: scirpt"),
        ("default: {scripts: x}\na: {script: x}", "default config contains unknown keys: scripts"),
        ("test: 7", "jobs:test config should be a hash"),
        ("test: {stage: test}", "jobs:test config should implement the script:, run:, or trigger: keyword"),
        ("test: {script: 7}", "jobs:test:script config should be a string or a nested array of strings"),
        ("test: {script: x, stage: ship}", "test job: chosen stage ship does not exist; available stages are .pre, build"),
        ("test: {script: x, needs: [b]}", "test job: undefined need: b"),
        ("test: {script: x, needs: [b]}\nb: {script: x, only: [web]}", "'test' job needs 'b' job, but 'b' does not exist"),
        ("test: {script: x, extends: .b}", "test: unknown keys in `extends` (.b)"),
        ("a: {extends: b}\nb: {extends: a}", "circular dependency detected in `extends`"),
        ("test: {script: [!reference [.b, c]]}", "could not be found"),
        ("test: {script: x, timeout: soon}", "jobs:test:timeout config should be a duration"),
        ("test: {script: x, when: later}", "jobs:test when should be one of"),
        ("test: {script: x, retry: 3}", "jobs:test:retry config must be less than or equal to 2"),
        ("test: {script: x, allow_failure: maybe}", "jobs:test:allow_failure config should be a hash or a boolean"),
        ("test: {script: x, only: [main], rules: []}", "jobs:test config key may not be used with `rules`: only"),
        ("test: {script: x, rules: [{iff: $A}]}", "jobs:test:rules:rule config contains unknown keys: iff"),
        ("test: {script: x, rules: [{if: '$A ='}]}", "jobs:test:rules:rule if invalid expression syntax"),
        ("test: {script: x, variables: {A: [1]}}", "jobs:test:variables:A config should be a string or a number"),
        ("include: other.yml\na: {script: x}", "root:include is not served by the GitLab stand-in"),
        ("a: {trigger: x}", "jobs:a:trigger is not served by the GitLab stand-in"),
        ("a: {script: x, parallel: 3}", "jobs:a:parallel is not served by the GitLab stand-in"),
    ],
)
def test_a_mistake_is_told_with_its_key(config, message):
    with pytest.raises(CiConfigError) as refusal:
        plan(config)

    assert message in str(refusal.value)
    assert not isinstance(refusal.value, PipelineFilteredError)
