"""docs/scenarios.md is enough to write a scenario from: its example runs, and no key or function is missing from it."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest

from simulators.claude import desk, script_file
from simulators.claude.conversation import Conversation
from simulators.claude.player import Player
from simulators.claude.templates import FUNCTIONS
from simulators.gitlab import scenario_file
from simulators.gitlab.ci import plan_pipeline, run_job
from simulators.gitlab.scenario import load_scenario
from simulators.scenario_variables import TOP_KEYS, VARY_KEYS, read_settings

PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text()
EXAMPLE = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
TEXT = {"type": "string"}
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("get_job_logs", "get_repository_file")]
EDIT = {
    "type": "object",
    "properties": {"path": TEXT, "line": {"type": "integer"}, "old_text": TEXT, "new_text": TEXT},
    "required": ["path", "line", "old_text", "new_text"],
    "additionalProperties": False,
}


def keys_of(module):
    models = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, module.Written)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    "word",
    sorted(
        {*keys_of(script_file), *keys_of(scenario_file), *FUNCTIONS, *TOP_KEYS, *VARY_KEYS}
        | {*scenario_file.ACCESS_LEVELS, *scenario_file.HOOK_EVENTS, *desk.Fault.model_fields}
    ),
)
def test_the_page_explains_every_key_and_function(word):
    assert re.search(rf"`[^`]*\b{word}\b[^`]*`", PAGE)


@pytest.fixture
def example(tmp_path):
    """The page's example on disk."""
    for name, text in EXAMPLE.items():
        file = tmp_path / "example" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "example"


@pytest.fixture
def checkout(example, tmp_path):
    """The example's repository at its first commit, with seed 3."""
    for path, content in load_scenario(example, seed=3, overrides={}).projects[0].files.items():
        file = tmp_path / "checkout" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "checkout"


async def run_only_job(checkout):
    config = (checkout / ".gitlab-ci.yml").read_text()
    (job,) = plan_pipeline(config, ref="main", default_branch="main", source="push", merge_request=False).jobs
    trace = []
    result = await run_job(job, checkout=checkout, environment={}, on_output=trace.append)
    return result.exit_code, b"".join(trace).decode()


async def test_the_example_of_the_page_is_repaired_from_its_own_log(example, checkout):
    settings = read_settings(example, seed=3, overrides={})
    player = Player(script_file.read_script(example / settings.claude["script"]), variables=settings.variables)
    exit_code, log = await run_only_job(checkout)
    assert exit_code == 1
    body = {"messages": [{"role": "user", "content": "Fix job 12."}], "tools": TOOLS}
    body["output_config"] = {"format": {"type": "json_schema", "schema": EDIT}}

    file = f"greet.py @ abc (6 lines)\n{(checkout / 'greet.py').read_text()}"
    answers = [play(player, body, log), play(player, body, file), play(player, body, "")]
    edit = json.loads(answers[2][0]["text"])
    source = (checkout / edit["path"]).read_text()
    (checkout / edit["path"]).write_text(source.replace(edit["old_text"], edit["new_text"]))
    exit_code, _ = await run_only_job(checkout)

    assert answers[0][1]["input"] == {"job_id": 12}
    assert answers[1][0]["input"] == {"file_path": "greet.py"}
    assert edit["line"] == 2
    assert exit_code == 0


def play(player, body, result):
    """One turn; its call, if any, is answered with this result."""
    content = player.play(Conversation(dict(body))).answer.content
    calls = [block for block in content if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": block["id"], "content": result} for block in calls]
    body["messages"] = [*body["messages"], {"role": "assistant", "content": content}, {"role": "user", "content": results}]
    return content


def test_a_mistake_ends_the_program_with_a_line_that_names_it(example, monkeypatch, capsys):
    (example / "claude.yaml").write_text("turn: []")
    monkeypatch.setattr(sys, "argv", ["claude", "--scenario", str(example)])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("simulators.claude", run_name="__main__")

    assert ended.value.code == 2
    assert "claude.yaml: turn: is no key of a script; allowed here are chunk_delay_ms, definitions" in capsys.readouterr().err
