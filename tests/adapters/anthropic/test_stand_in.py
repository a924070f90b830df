"""The planner against the Claude stand-in, which checks what the API checks and remembers what it said."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from duo_flows.adapters.anthropic import ClaudePlanner
from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import Message, StopReason, ToolSchema, TurnReply, TurnRequest

pytestmark = pytest.mark.server

SCRIPT = """
turns:
  - name: limited
    when: {last_user_text: limited}
    fail: {status: 429, retry_after: 3}
    reply: [{text: There you are.}]
  - name: broken
    when: {last_user_text: broken}
    fail: {cut_after_events: 3}
    reply: [{text: A long answer that is cut somewhere in its middle.}]
  - name: overloaded
    when: {last_user_text: overloaded}
    fail: {status: 529, after_events: 3}
    reply: [{text: A long answer that is cut somewhere in its middle.}]
  - name: refuse
    when: {last_user_text: forbidden}
    stop_reason: refusal
    reply: []
  - name: look
    when: {tools: [read_log], tool_results: []}
    reply:
      - thinking: The log will tell.
      - text: I read the log.
      - tool_use: {name: read_log, input: {job_id: 7}}
  - name: answer
    when: {tool_results: [{tool: read_log, matches: Error}], schema: true}
    reply:
      - json: {verdict: fixable, score: 7}
"""
SCENARIO = "claude: {script: claude.yaml, token: the-right-key}\n"
READ_LOG = ToolSchema(
    name="read_log",
    description="Reads.",
    input_schema={"type": "object", "properties": {"job_id": {"type": "integer"}}, "required": ["job_id"]},
)
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"verdict": {"type": "string", "maxLength": 20}, "score": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["verdict", "score"],
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("scenario")
    (folder / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "claude.yaml").write_text(SCRIPT, encoding="utf-8")
    ready = folder / "ready.json"
    command = (sys.executable, "-m", "simulators.claude", "--scenario", str(folder), "--port", "0", "--ready-file", str(ready))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield _when_ready(ready, process)
        finally:
            process.terminate()


def _when_ready(ready: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        if ready.exists() and ready.read_text(encoding="utf-8"):
            return str(json.loads(ready.read_text(encoding="utf-8"))["url"])
        time.sleep(0.05)
    raise AssertionError("The stand-in ended before it was ready.")


@pytest.fixture
async def planner(url: str) -> AsyncIterator[ClaudePlanner]:
    made = ClaudePlanner(api_key="the-right-key", base_url=url)
    yield made
    await made.aclose()


def asked(text: str) -> TurnRequest:
    message = Message(role="user", content=[{"type": "text", "text": text}])
    return TurnRequest(model="claude-sonnet-5-5", system="You mend pipelines.", messages=(message,))


async def turn(planner: ClaudePlanner, request: TurnRequest) -> TurnReply:
    return await planner.turn(request, on_progress=lambda _: None)


async def test_a_conversation_with_thinking_tools_and_a_structured_answer(planner: ClaudePlanner) -> None:
    request = asked("Look at job 7.").model_copy(update={"tools": (READ_LOG,), "answer_schema": SCHEMA})

    first = await turn(planner, request)
    result = {"type": "tool_result", "tool_use_id": first.tool_calls[0].id, "content": "Error in line 3"}
    messages = (*request.messages, first.message, Message(role="user", content=[result]))
    second = await turn(planner, request.model_copy(update={"messages": messages}))

    assert (first.stop_reason, first.text) == (StopReason.TOOL_CALLS, "I read the log.")
    assert [block["type"] for block in first.message.content] == ["thinking", "text", "tool_use"]
    assert first.usage.cache_write_tokens > 0
    assert (second.stop_reason, json.loads(second.text)) == (StopReason.FINISHED, {"verdict": "fixable", "score": 7})
    assert second.usage.cache_read_tokens >= first.usage.cache_write_tokens
    assert second.usage.cost_microusd > 0


async def test_changed_thinking_is_refused_so_unchanged_it_was(planner: ClaudePlanner) -> None:
    request = asked("Look at job 8.").model_copy(update={"tools": (READ_LOG,)})
    first = await turn(planner, request)
    changed = Message(role="assistant", content=[{**first.message.content[0], "signature": "forged"}, *first.message.content[1:]])
    result = {"type": "tool_result", "tool_use_id": first.tool_calls[0].id, "content": "Error"}

    with pytest.raises(NeverAgain, match="400, invalid_request_error"):
        await turn(
            planner, request.model_copy(update={"messages": (*request.messages, changed, Message(role="user", content=[result]))})
        )


async def test_a_limit_says_how_long_and_then_answers(planner: ClaudePlanner) -> None:
    with pytest.raises(TryAgain) as caught:
        await turn(planner, asked("limited"))

    assert caught.value.retry_after == timedelta(seconds=3)
    assert (await turn(planner, asked("limited"))).text == "There you are."


@pytest.mark.parametrize("how", ["broken", "overloaded"])
async def test_a_broken_stream_is_tried_again_and_then_answers(planner: ClaudePlanner, how: str) -> None:
    with pytest.raises(TryAgain, match="broke off"):
        await turn(planner, asked(how))

    assert (await turn(planner, asked(how))).stop_reason is StopReason.FINISHED


async def test_a_refusal_is_an_answer(planner: ClaudePlanner) -> None:
    reply = await turn(planner, asked("something forbidden"))

    assert reply.stop_reason is StopReason.REFUSED
    assert reply.stop_details


async def test_the_default_model_is_among_the_models(planner: ClaudePlanner) -> None:
    assert "claude-sonnet-5-5" in await planner.models()


async def test_an_unknown_model_says_so(planner: ClaudePlanner) -> None:
    with pytest.raises(NeverAgain, match="check the flow's model"):
        await turn(planner, asked("x").model_copy(update={"model": "claude-nobody-1"}))


async def test_a_wrong_key_says_what_to_set(url: str) -> None:
    planner = ClaudePlanner(api_key="the-wrong-key", base_url=url)

    with pytest.raises(NeverAgain, match="Set ANTHROPIC_API_KEY") as caught:
        await turn(planner, asked("x"))

    assert "wrong-key" not in str(caught.value)
    await planner.aclose()
