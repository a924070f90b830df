"""The page of messages holds every name by which a running workflow is reached, and its examples are valid messages."""

import json
import re
from pathlib import Path

import pytest

from duo_flows.domain.model import Model
from duo_flows.domain.requests import rule_on
from signals import messages, names

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")

PREFIXES = ("TASK_QUEUE", "SIGNAL_", "UPDATE_", "QUERY_", "SEARCH_")
EVERY_NAME = sorted(value for key, value in vars(names).items() if key.startswith(PREFIXES))

TYPES: dict[str, type[Model]] = {
    "fix_pipeline": messages.StartFlow,
    names.SIGNAL_ANSWER: messages.Answer,
    names.UPDATE_ANSWER: messages.Answer,
    names.SIGNAL_STOP: messages.Stop,
    names.UPDATE_STOP: messages.Stop,
    names.SIGNAL_PAUSE: messages.Pause,
    names.UPDATE_PAUSE: messages.Pause,
    names.SIGNAL_RESUME: messages.Resume,
    names.UPDATE_RESUME: messages.Resume,
    names.SIGNAL_PIPELINE: messages.PipelineChanged,
}
INPUTS = re.findall(r"--(?:name|type) (\w+)(?:[^'\n]|\\\n)*--input '([^']+)'", PAGE)
RESULTS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)]
CODES = sorted(set(re.findall(r"return \(?\s*\"([a-z_]+)\"", Path(rule_on.__code__.co_filename).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_the_page_holds_every_name(name: str):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("name", "text"), INPUTS, ids=[name for name, _ in INPUTS])
def test_an_example_is_a_valid_message(name: str, text: str):
    assert TYPES[name].model_validate_json(text)


def test_every_message_has_an_example():
    assert {name for name, _ in INPUTS} == set(TYPES)


def test_the_results_on_the_page_are_what_workflows_return():
    state, refusal = RESULTS

    assert messages.FlowState.model_validate(state).waiting is not None
    assert not messages.AnswerResult.model_validate(refusal).is_accepted


@pytest.mark.parametrize("message", [messages.StartFlow, messages.Answer])
def test_the_page_holds_every_key_of_a_message(message: type[Model]):
    assert [key for key in message.model_fields if f"`{key}`" not in PAGE] == []


@pytest.mark.parametrize("code", CODES)
def test_the_page_holds_every_reason_why_an_answer_is_refused(code: str):
    assert f"`{code}`" in PAGE
