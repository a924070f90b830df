"""`duoflow flows`: files are judged without a server, by exit code, in words and as JSON; projects' flows through the API."""

import io
import json
import sys
from pathlib import Path

import pytest

from duo_flows.cli.app import run_command
from duo_flows.cli.failures import ExitCode
from duo_flows.domain.flow_schema import flow_file_schema

BROKEN = Path(__file__).parents[1] / "adapters" / "flow_file" / "broken"
FLOW = """\
# Greets.
version: v1
environment: ambient
components:
  - {name: greet, type: AgentComponent, prompt_id: greet, inputs: ["context:goal", "context:project_id"]}
prompts:
  - {prompt_id: greet, prompt_template: {user: "{{ goal }}"}}
routers:
  - {from: greet, to: end}
flow: {entry_point: greet}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.yaml").write_text(FLOW.replace(', "context:project_id"', ""), encoding="utf-8")
    (tmp_path / "wasteful.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(FLOW.replace("to: end", "to: ende"), encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (["right.yaml"], ExitCode.OK),
        (["wasteful.yaml"], ExitCode.OK),
        (["wasteful.yaml", "--strict"], ExitCode.INVALID_FLOW),
        (["wrong.yaml"], ExitCode.INVALID_FLOW),
        (["right.yaml", "wrong.yaml"], ExitCode.INVALID_FLOW),
        (["right.yaml", "nowhere.yaml"], ExitCode.NOT_FOUND),
        (["right.yaml", "."], ExitCode.NOT_FOUND),
        ([], ExitCode.USAGE),
    ],
)
def test_the_exit_code_says_what_came_of_all_files(tokens, code):
    assert run_command(["flows", "validate", *tokens]) == code


@pytest.mark.usefixtures("folder")
def test_an_error_is_shown_with_its_line_and_a_mark_below_what_is_meant(capsys):
    run_command(["flows", "validate", "wrong.yaml"])

    assert capsys.readouterr().out == (
        "error: routers[0].to: found ende\n"
        " --> wrong.yaml:9:19\n"
        "  |\n"
        "9 |   - {from: greet, to: ende}\n"
        "  |                       ^^^^\n"
        "  = allowed: a component, end or abort: greet, end, abort\n"
        "  = did you mean end?\n"
        "\n"
        "wrong.yaml: 1 error.\n"
    )


@pytest.mark.usefixtures("folder")
def test_a_warning_says_what_would_be_better(capsys):
    run_command(["flows", "validate", "wasteful.yaml"])

    said = capsys.readouterr().out
    assert "warning: components[0].inputs[1]: found project_id, which no template of greet names\n" in said
    assert said.endswith("wasteful.yaml: a flow that can run, 1 component, 1 warning.\n")


@pytest.mark.usefixtures("folder")
def test_json_has_every_file_with_all_that_is_said_of_it(capsys):
    run_command(["flows", "validate", "--json", "right.yaml", "wrong.yaml"])

    right, wrong = json.loads(capsys.readouterr().out)["files"]
    assert right == {"file": "right.yaml", "is_valid": True, "errors": [], "warnings": []}
    assert wrong["errors"] == [
        {
            "line": 9,
            "column": 19,
            "key": "routers[0].to",
            "found": "ende",
            "allowed": "a component, end or abort: greet, end, abort",
            "suggestion": "end",
        }
    ]


@pytest.mark.usefixtures("folder")
def test_what_comes_in_is_a_file_too(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"version: v1\n\x00")))

    assert run_command(["flows", "validate", "-"]) == ExitCode.INVALID_FLOW
    assert " --> -:2:1\n" in capsys.readouterr().out


def test_a_built_in_flow_may_have_a_name(folder):
    named = folder / "named.yaml"
    named.write_text("name: greeter\n" + (folder / "right.yaml").read_text(encoding="utf-8"), encoding="utf-8")

    assert run_command(["flows", "validate", "named.yaml"]) == ExitCode.INVALID_FLOW
    assert run_command(["flows", "validate", "--builtin", "named.yaml"]) == ExitCode.OK


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_broken_file_drives_the_terminal_or_breaks_the_picture(path, capsys):
    assert run_command(["flows", "validate", str(path)]) == ExitCode.INVALID_FLOW

    said = capsys.readouterr().out
    assert [sign for sign in said if not sign.isprintable() and sign != "\n"] == []
    assert "^" in said


def test_the_schema_is_printed_or_written(tmp_path, capsys):
    assert run_command(["flows", "schema"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == flow_file_schema()

    assert run_command(["flows", "schema", "--output", str(tmp_path / "schema.json")]) == ExitCode.OK
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8")) == flow_file_schema()
    assert run_command(["flows", "schema", "--output", str(tmp_path / "no" / "schema.json")]) == ExitCode.REFUSED


@pytest.mark.usefixtures("folder")
def test_a_file_is_drawn_without_a_server(capsys):
    assert run_command(["flows", "show", "right.yaml", "--graph"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("flowchart TD\n")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_no_flow_is_not_drawn(capsys):
    assert run_command(["flows", "show", "wrong.yaml", "--graph"]) == ExitCode.INVALID_FLOW
    assert "What is wrong: duoflow flows validate wrong.yaml" in " ".join(capsys.readouterr().err.split())


def test_a_projects_flows_are_listed_shown_and_drawn(listening, alice, capsys):
    listening.door.forge.files[7, ".gitlab/duo/flows/ours.yaml", "main"] = FLOW
    listening.door.forge.files[7, ".gitlab/duo/flows/broken.yaml", "main"] = "nonsense"

    assert alice("flows", "list", "--project", "shop/checkout") == ExitCode.OK
    listed = capsys.readouterr().out
    assert "cannot run: line 1, column 1: nonsense." in listed
    assert ".gitlab/duo/flows/ours.yaml" in listed

    assert alice("flows", "show", "ours", "--project", "shop/checkout") == ExitCode.OK
    assert capsys.readouterr().out == FLOW

    assert alice("flows", "show", "ours", "--project", "shop/checkout", "--graph") == ExitCode.OK
    assert 'c0["greet"]' in capsys.readouterr().out


def test_a_projects_flow_that_is_none_is_not_drawn_and_the_command_that_looks_at_it_is_named(listening, alice, capsys):
    listening.door.forge.files[7, ".gitlab/duo/flows/broken.yaml", "main"] = "nonsense"

    assert alice("flows", "show", "broken", "--project", "shop/checkout", "--graph") == ExitCode.INVALID_FLOW
    told = " ".join(capsys.readouterr().err.split())
    assert "duoflow flows show broken --project shop/checkout | duoflow flows validate -" in told


def test_a_flow_that_is_not_built_in_is_sought_with_its_project(alice, capsys):
    assert alice("flows", "show", "ours") == ExitCode.NOT_FOUND
    told = capsys.readouterr().err
    assert ("name the project too" in told, "/api/" in told) == (True, False)


def test_another_projects_flows_are_not_told(bob):
    assert bob("flows", "list", "--project", "shop/elsewhere") == ExitCode.NOT_FOUND
    assert bob("flows", "show", "ours", "--project", "shop/checkout") == ExitCode.NOT_FOUND


def test_an_option_that_is_none_is_not_taken_for_a_file(capsys):
    assert run_command(["flows", "validate", "--strct", "x.yaml"]) == ExitCode.USAGE
    assert "--strct" in capsys.readouterr().err
