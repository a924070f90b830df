"""One turn over the wire: what is sent, what is read, what is counted, and what each fault means."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from duo_flows.adapters.anthropic import ClaudePlanner
from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import (
    CONVERSATION_TOO_LONG,
    Message,
    StopReason,
    ToolCall,
    ToolSchema,
    TurnProgress,
    TurnReply,
    TurnRequest,
)
from duo_flows.domain.sessions import Usage

if TYPE_CHECKING:
    from .conftest import ClaudeServer

pytestmark = pytest.mark.server

PROMPT = "The launch code of the second pipeline is swordfish-and-custard"
REQUEST = TurnRequest(
    model="claude-sonnet-5-5",
    system="You mend pipelines.",
    messages=(Message(role="user", content=[{"type": "text", "text": PROMPT}]),),
)
USAGE = {"input_tokens": 100, "cache_creation_input_tokens": 40, "cache_read_input_tokens": 1_000, "output_tokens": 1}


def start(**usage: int) -> dict[str, Any]:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**USAGE, **usage},
    }
    return {"type": "message_start", "message": message}


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *parts: str) -> list[dict[str, Any]]:
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": part} for part in parts))


def tool(index: int, name: str, *parts: str) -> list[dict[str, Any]]:
    content = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
    return block(index, content, *({"type": "input_json_delta", "partial_json": part} for part in parts))


def stop(reason: str, *, output_tokens: int = 20, **details: Any) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None, **details}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": output_tokens}}, {"type": "message_stop"}]


def error_event(kind: str, message: str = "") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


async def turn(planner: ClaudePlanner, request: TurnRequest = REQUEST) -> TurnReply:
    return await planner.turn(request, on_progress=lambda _: None)


async def test_a_text_is_read_with_its_usage_and_its_cost(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "Pinned ", "it."), *stop("end_turn"))

    reply = await turn(planner)

    assert (reply.text, reply.stop_reason, reply.stop_details) == ("Pinned it.", StopReason.FINISHED, "")
    assert reply.message == Message(role="assistant", content=[{"type": "text", "text": "Pinned it."}])
    assert reply.provider_request_id == "req_1"
    assert reply.usage.model_dump() == {
        "turns": 1,
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 1_000,
        "cache_write_tokens": 40,
        "cost_microusd": 100 * 2 + 40 * 2.5 + 1_000 * 0.2 + 20 * 10,
    }


async def test_tool_calls_and_thinking_come_back_as_they_came(server: ClaudeServer, planner: ClaudePlanner) -> None:
    thinking = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "EqQB"},
    )
    hidden = block(1, {"type": "redacted_thinking", "data": "EmwK"})
    server.will_say(
        start(), *thinking, *hidden, *tool(2, "get_job_logs", '{"job_', 'id": 7}'), *tool(3, "list_dir"), *stop("tool_use")
    )

    reply = await turn(planner)

    assert reply.stop_reason is StopReason.TOOL_CALLS
    assert reply.tool_calls == (
        ToolCall(id="toolu_2", name="get_job_logs", arguments={"job_id": 7}),
        ToolCall(id="toolu_3", name="list_dir", arguments={}),
    )
    assert reply.message.content == [
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "tool_use", "id": "toolu_2", "name": "get_job_logs", "input": {"job_id": 7}},
        {"type": "tool_use", "id": "toolu_3", "name": "list_dir", "input": {}},
    ]


async def test_what_the_assistant_said_goes_back_unchanged(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *tool(0, "list_dir"), *stop("tool_use"))
    server.will_say(start(), *text(0, "Done."), *stop("end_turn"))
    first = await turn(planner)
    answer = Message(role="user", content=[{"type": "tool_result", "tool_use_id": "toolu_0", "content": "a.py"}])

    await turn(planner, REQUEST.model_copy(update={"messages": (*REQUEST.messages, first.message, answer)}))

    sent = server.requests[1]["messages"]
    assert sent[1:] == [first.message.model_dump(), answer.model_dump()]


async def test_the_request_is_cached_streamed_and_never_forces_a_tool(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "{}"), *stop("end_turn"))
    schema = {"type": "object", "properties": {"verdict": {"type": "string", "pattern": "^a"}}, "required": ["verdict"]}
    reads = ToolSchema(name="list_dir", description="Lists.", input_schema={"type": "object", "properties": {}})

    await turn(planner, REQUEST.model_copy(update={"tools": (reads,), "answer_schema": schema}))

    sent = server.requests[0]
    assert sent["stream"] is True
    assert sent["cache_control"] == {"type": "ephemeral"}
    assert sent["system"] == [{"type": "text", "text": "You mend pipelines.", "cache_control": {"type": "ephemeral"}}]
    assert sent["tools"] == [reads.model_dump()]
    assert sent["output_config"]["format"]["type"] == "json_schema"
    assert sent["output_config"]["format"]["schema"]["additionalProperties"] is False
    assert sent.keys().isdisjoint({"tool_choice", "thinking", "temperature", "top_p", "top_k", "metadata"})


async def test_progress_counts_events_and_tokens_as_they_come(server: ClaudeServer, planner: ClaudePlanner) -> None:
    seen: list[TurnProgress] = []
    server.will_say(start(), {"type": "ping"}, *text(0, "a" * 30), *stop("end_turn", output_tokens=9))

    await planner.turn(REQUEST, on_progress=seen.append)

    assert (seen[0].input_tokens, seen[0].output_tokens, seen[0].events) == (1_140, 1, 1)
    assert max(progress.output_tokens for progress in seen) == 11
    assert seen[-1].output_tokens == 9
    assert [progress.events for progress in seen] == list(range(1, len(seen) + 1))


async def test_progress_tells_what_the_turn_has_cost_so_far_and_ends_with_what_the_reply_says(
    server: ClaudeServer, planner: ClaudePlanner
) -> None:
    seen: list[TurnProgress] = []
    server.will_say(start(), *text(0, "a" * 30), *stop("end_turn"))

    reply = await planner.turn(REQUEST, on_progress=seen.append)

    prompt = {"turns": 1, "input_tokens": 100, "cache_write_tokens": 40, "cache_read_tokens": 1_000}
    assert seen[0].usage == Usage(**prompt, output_tokens=1, cost_microusd=200 + 100 + 200 + 10)
    assert seen[2].usage == Usage(**prompt, output_tokens=11, cost_microusd=200 + 100 + 200 + 110)
    assert seen[-1].usage == reply.usage


async def test_a_turn_that_breaks_off_has_told_what_is_paid_for(server: ClaudeServer, planner: ClaudePlanner) -> None:
    seen: list[TurnProgress] = []
    server.will_say(start(), *text(0, "a" * 30), error_event("overloaded_error"))

    with pytest.raises(TryAgain):
        await planner.turn(REQUEST, on_progress=seen.append)

    assert (seen[-1].usage.turns, seen[-1].usage.output_tokens, seen[-1].usage.cost_microusd) == (1, 11, 610)


async def test_a_turn_that_never_began_tells_of_no_cost(server: ClaudeServer, planner: ClaudePlanner) -> None:
    seen: list[TurnProgress] = []
    server.will_say({"type": "ping"}, error_event("overloaded_error"))

    with pytest.raises(TryAgain):
        await planner.turn(REQUEST, on_progress=seen.append)

    assert not any(progress.usage.turns or progress.usage.cost_microusd for progress in seen)


@pytest.mark.parametrize(
    ("said", "reason", "details"),
    [
        ("stop_sequence", StopReason.FINISHED, ""),
        ("max_tokens", StopReason.CUT_OFF, "max_tokens"),
        ("model_context_window_exceeded", StopReason.CUT_OFF, "model_context_window_exceeded"),
        ("pause_turn", StopReason.CUT_OFF, "pause_turn"),
        ("a_reason_from_the_future", StopReason.CUT_OFF, "a_reason_from_the_future"),
        ("refusal", StopReason.REFUSED, "refusal"),
    ],
)
async def test_each_stop_reason_has_its_meaning(
    server: ClaudeServer, planner: ClaudePlanner, said: str, reason: StopReason, details: str
) -> None:
    server.will_say(start(), *text(0, "x"), *stop(said))

    reply = await turn(planner)

    assert (reply.stop_reason, reply.stop_details, reply.usage.turns) == (reason, details, 1)


async def test_a_refusal_keeps_its_usage_and_says_why(server: ClaudeServer, planner: ClaudePlanner) -> None:
    why = {"type": "refusal", "category": "cyber", "explanation": "Looks like malware."}
    server.will_say(start(), *stop("refusal", stop_details=why))

    reply = await turn(planner)

    assert (reply.stop_reason, reply.stop_details) == (StopReason.REFUSED, "cyber: Looks like malware.")
    assert reply.usage.cost_microusd > 0


async def test_a_call_that_was_cut_short_is_not_a_call(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *tool(0, "delete_branch", '{"name": "ma'), *stop("max_tokens"))

    reply = await turn(planner)

    assert (reply.stop_reason, reply.tool_calls) == (StopReason.CUT_OFF, ())


async def test_a_blank_text_is_left_out_since_it_cannot_be_sent_again(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "\n"), *tool(1, "list_dir"), *stop("tool_use"))

    assert [part["type"] for part in (await turn(planner)).message.content] == ["tool_use"]


@pytest.mark.parametrize(
    ("status", "kind", "headers", "wait"),
    [
        (429, "rate_limit_error", {"retry_after": "7"}, timedelta(seconds=7)),
        (429, "rate_limit_error", {"retry_after_ms": "1500", "retry_after": "7"}, timedelta(seconds=1.5)),
        (429, "rate_limit_error", {"retry_after": "soon"}, None),
        (429, "rate_limit_error", {"retry_after": "nan"}, None),
        (429, "rate_limit_error", {"retry_after": "-3"}, None),
        (429, "rate_limit_error", {}, None),
        (529, "overloaded_error", {"retry_after": "2"}, timedelta(seconds=2)),
        (500, "api_error", {}, None),
        (502, "api_error", {}, None),
        (408, "timeout_error", {}, None),
    ],
)
async def test_what_passes_is_tried_again_when_the_provider_says(  # noqa: PLR0917
    server: ClaudeServer, planner: ClaudePlanner, status: int, kind: str, headers: dict[str, str], wait: timedelta | None
) -> None:
    server.will_refuse(status, kind, **headers)

    with pytest.raises(TryAgain, match=f"{status}, {kind}, request req_1") as caught:
        await turn(planner)

    assert caught.value.retry_after == wait
    assert len(server.requests) == 1


async def test_a_wait_may_be_a_moment(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_refuse(429, "rate_limit_error", retry_after=format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))

    with pytest.raises(TryAgain) as caught:
        await turn(planner)

    assert timedelta(minutes=50) < (caught.value.retry_after or timedelta()) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, "invalid_request_error", "check the flow's model"),
        (401, "authentication_error", "Set ANTHROPIC_API_KEY"),
        (402, "billing_error", "check its billing"),
        (403, "permission_error", "its permissions"),
        (404, "not_found_error", "not known there"),
        (422, "invalid_request_error", "tools and response schema"),
        (451, "legal_error", "would give the same"),
    ],
)
async def test_what_does_not_pass_says_what_to_do(
    server: ClaudeServer, planner: ClaudePlanner, status: int, kind: str, advice: str
) -> None:
    server.will_refuse(status, kind, "max_tokens: too high")

    with pytest.raises(NeverAgain, match=advice) as caught:
        await turn(planner)

    assert caught.value.code == f"claude_{status}"
    assert "max_tokens: too high" in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (413, "request_too_large", "Request exceeds the maximum size"),
        (400, "invalid_request_error", "prompt is too long: 1000321 tokens > 1000000 maximum"),
        (400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 16000 > 200000"),
    ],
)
async def test_a_conversation_that_is_too_long_is_told_apart_from_a_wrong_request(
    server: ClaudeServer, planner: ClaudePlanner, status: int, kind: str, message: str
) -> None:
    server.will_refuse(status, kind, message)

    with pytest.raises(NeverAgain, match="less to read") as caught:
        await turn(planner)

    assert caught.value.code == CONVERSATION_TOO_LONG


@pytest.mark.parametrize("status", [400, 401, 403, 413, 422, 429, 500, 529])
async def test_no_error_repeats_the_prompt_or_the_key(server: ClaudeServer, planner: ClaudePlanner, status: int) -> None:
    server.will_refuse(
        status, "invalid_request_error", f"messages.0: {PROMPT} sent with {server.headers} {PROMPT} sk-ant-api03-nobody"
    )

    with pytest.raises((TryAgain, NeverAgain)) as caught:
        await turn(planner)

    said = f"{caught.value!r} {caught.value.__cause__!r}"
    assert "swordfish" not in said
    assert "sk-ant" not in said
    assert "req_1" in said


async def test_an_error_in_the_middle_of_a_stream_does_not_repeat_the_prompt(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "I was"), error_event("overloaded_error", f"Overloaded by {PROMPT}"))

    with pytest.raises(TryAgain, match=r"broke off.*overloaded_error, request req_1") as caught:
        await turn(planner)

    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("kind", ["api_error", "timeout_error", "something_else", "rate_limit_error"])
async def test_an_error_in_the_middle_of_a_stream_passes(server: ClaudeServer, planner: ClaudePlanner, kind: str) -> None:
    server.will_say(start(), error_event(kind))

    with pytest.raises(TryAgain, match=kind):
        await turn(planner)


async def test_a_wrong_request_stays_wrong_in_the_middle_of_a_stream(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), error_event("authentication_error"))

    with pytest.raises(NeverAgain, match="ANTHROPIC_API_KEY"):
        await turn(planner)


@pytest.mark.parametrize("end", ["whole", "cut"])
@pytest.mark.parametrize("length", [0, 1, 3, 5])
async def test_a_stream_without_its_end_is_tried_again(server: ClaudeServer, planner: ClaudePlanner, end: str, length: int) -> None:
    server.will_say(*[start(), *text(0, "half an ans"), *stop("end_turn")][:length], end=end)

    with pytest.raises(TryAgain, match="broke off"):
        await turn(planner)


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "message_stop"}],
        [{"type": "message_start", "message": {"id": "msg_1", "content": []}}, {"type": "message_stop"}],
        [start(), {"type": "content_block_delta", "index": 5, "delta": {"type": "text_delta", "text": "x"}}],
        [start(), *tool(0, "list_dir", "]]]"), *stop("tool_use")],
        [start(), *tool(0, "list_dir", "[1]"), *stop("tool_use")],
        [start(), *text(0, "no call"), *stop("tool_use")],
    ],
)
async def test_a_mangled_stream_is_tried_again(server: ClaudeServer, planner: ClaudePlanner, events: list[dict[str, Any]]) -> None:
    server.will_say(*events)

    with pytest.raises(TryAgain):
        await turn(planner)


async def test_bytes_that_are_no_events_are_tried_again(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start())
    server.answers[0].body += b"event: content_block_delta\ndata: {half\n\n"

    with pytest.raises(TryAgain, match="broke off"):
        await turn(planner)


async def test_a_silent_provider_is_tried_again(server: ClaudeServer) -> None:
    server.will_say(start(), end="hang")
    planner = ClaudePlanner(api_key="k", base_url=server.url, timeout=0.2)

    with pytest.raises(TryAgain, match="broke off"):
        await turn(planner)

    await planner.aclose()


async def test_a_question_may_have_less_patience_than_the_planner(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), end="hang")

    with pytest.raises(TryAgain, match="broke off"):
        await turn(planner, REQUEST.model_copy(update={"timeout_seconds": 0.2}))


async def test_a_provider_that_is_not_there_is_tried_again() -> None:
    planner = ClaudePlanner(api_key="k", base_url="http://127.0.0.1:1", timeout=1)

    with pytest.raises(TryAgain, match="cannot be reached"):
        await turn(planner)
    with pytest.raises(TryAgain, match="cannot be reached"):
        await planner.models()

    await planner.aclose()


async def test_cancelling_leaves_the_stream(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "thinking about"), end="hang")
    has_begun = asyncio.Event()
    running = asyncio.create_task(planner.turn(REQUEST, on_progress=lambda _: has_begun.set()))
    await has_begun.wait()

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(server.was_left.wait(), timeout=10)


async def test_what_the_listener_raises_is_not_taken_for_the_providers(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_say(start(), *text(0, "x"), *stop("end_turn"))

    def fails(_: TurnProgress) -> None:
        raise ValueError("the heartbeat failed")

    with pytest.raises(ValueError, match="heartbeat"):
        await planner.turn(REQUEST, on_progress=fails)


async def test_without_a_key_nothing_is_sent(server: ClaudeServer) -> None:
    planner = ClaudePlanner(api_key="", base_url=server.url)

    with pytest.raises(NeverAgain, match="Set ANTHROPIC_API_KEY"):
        await turn(planner)

    assert server.requests == []


async def test_models_are_listed_without_the_retired(server: ClaudeServer, planner: ClaudePlanner) -> None:
    model = {"type": "model", "created_at": "2026-01-01T00:00:00Z", "display_name": "M"}
    data = [{**model, "id": "claude-a", "lifecycle": "active"}, {**model, "id": "claude-b", "lifecycle": "retired"}]
    server.will_refuse(200, "")
    server.answers[0].body = json.dumps({"data": data, "has_more": False, "first_id": "a", "last_id": "b"}).encode()

    assert await planner.models() == ("claude-a",)


async def test_a_wrong_key_is_found_when_models_are_listed(server: ClaudeServer, planner: ClaudePlanner) -> None:
    server.will_refuse(401, "authentication_error", "invalid x-api-key")

    with pytest.raises(NeverAgain, match="Set ANTHROPIC_API_KEY"):
        await planner.models()
