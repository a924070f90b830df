"""Tools: what each one needs, and who may not use it."""

from itertools import product

import pytest
from pydantic import ValidationError

from duo_flows.domain.errors import Refused
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.tools import (
    TOOLS,
    WAIT_FOR_PIPELINE,
    JobLog,
    Privilege,
    ProposeChange,
    check_access,
    check_privilege,
    tool_named,
)

READING, WRITING = TOOLS["get_job_logs"], TOOLS["create_merge_request_note"]


def test_gitlabs_eight_privilege_classes_are_known_by_gitlabs_names():
    assert {str(privilege) for privilege in Privilege} == {
        "read_write_files",
        "read_only_gitlab",
        "read_write_gitlab",
        "run_commands",
        "use_git",
        "run_mcp_tools",
        "start_flows",
        "read_only_files",
    }


def test_an_unknown_tool_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(
        Refused, match=r"no tool named 'run_commands'. The tools are: add_merge_request_reviewers, .*push_change"
    ) as caught:
        tool_named("run_commands")

    assert caught.value.code == "unknown_tool"


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_found_by_its_name(name):
    assert tool_named(name).name == name


@pytest.mark.parametrize("name", [name for name, spec in TOOLS.items() if spec.is_write])
def test_what_writes_needs_a_writing_class_and_for_all_but_issues_a_developer(name):
    spec = tool_named(name)

    assert spec.privilege in {Privilege.READ_WRITE_GITLAB, Privilege.USE_GIT}
    assert spec.access >= (AccessLevel.REPORTER if "issue" in name or "work_item" in name else AccessLevel.DEVELOPER)


@pytest.mark.parametrize("name", [name for name, spec in TOOLS.items() if spec.is_write and name != "push_change"])
def test_what_writes_says_what_it_touches(name):
    assert tool_named(name).touches is not None


def test_no_agent_may_propose_push_or_wait_by_itself():
    assert {name for name, spec in TOOLS.items() if not spec.for_agents} == {"propose_change", "push_change", WAIT_FOR_PIPELINE}


@pytest.mark.parametrize(
    ("spec", "privilege"), [(READING, "read_only_gitlab"), (READING, "read_write_gitlab"), (WRITING, "read_write_gitlab")]
)
def test_a_writing_class_includes_its_reading_one(spec, privilege):
    check_privilege(spec, (privilege,))


@pytest.mark.parametrize(
    ("spec", "privileges"),
    [
        (READING, ()),
        (READING, ("use_git", "read_write_files", "run_commands")),
        (WRITING, ("read_only_gitlab",)),
        (TOOLS["push_change"], ("read_write_gitlab", "read_write_files")),
    ],
)
def test_a_missing_class_is_refused_by_its_name(spec, privileges):
    with pytest.raises(Refused, match=f"{spec.name} needs the privilege {spec.privilege}") as caught:
        check_privilege(spec, privileges)

    assert caught.value.code == "missing_privilege"


@pytest.mark.parametrize(
    ("spec", "level"), [(spec, level) for spec, level in product(TOOLS.values(), AccessLevel) if level >= spec.access]
)
def test_who_has_the_access_may(spec, level):
    check_access(spec, level, requester="maya", project_path="meridian/payments")


@pytest.mark.parametrize(
    ("spec", "level"), [(spec, level) for spec, level in product(TOOLS.values(), AccessLevel) if level < spec.access]
)
def test_who_lacks_the_access_is_told_which_one(spec, level):
    needed = f"@maya has {level.name.capitalize()} access to meridian/payments; {spec.name} needs {spec.access.name.capitalize()}"

    with pytest.raises(Refused, match=needed) as caught:
        check_access(spec, level, requester="maya", project_path="meridian/payments")

    assert caught.value.code == "requester_lacks_access"


@pytest.mark.parametrize("name", TOOLS)
def test_a_model_is_shown_name_description_and_every_argument(name):
    spec = tool_named(name)

    shown = spec.for_model()

    assert (shown.name, shown.description) == (name, spec.description)
    assert shown.input_schema["type"] == "object"
    assert set(shown.input_schema["properties"]) == set(spec.arguments.model_fields)
    assert "description" not in shown.input_schema


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (JobLog, {}),
        (JobLog, {"job_id": "seven"}),
        (JobLog, {"job_id": 7, "start_line": 0}),
        (JobLog, {"job_id": 7, "grep": "x" * 201}),
        (JobLog, {"job_id": 7, "pipeline_id": 8}),
        (ProposeChange, {"diagnosis": {"decision": "propose", "edits": [{"path": "a", "old_text": "b"}]}}),
    ],
)
def test_arguments_that_do_not_fit_are_not_taken(arguments, given):
    with pytest.raises(ValidationError):
        arguments.model_validate(given)
