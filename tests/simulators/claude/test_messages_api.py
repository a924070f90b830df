"""The Messages API as the SDK speaks it, against a real process."""

import anthropic
import httpx2
import pytest

pytestmark = pytest.mark.server

ECHO = "turns: [{reply: [{text: 'You said {{ last_user_text }}.'}]}]"
LOOK = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}
WORD = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"], "additionalProperties": False}
JSON_ASKED = {"format": {"type": "json_schema", "schema": WORD}}


def user(content):
    return {"role": "user", "content": content}


def assistant(*content):
    return {"role": "assistant", "content": list(content)}


def call(call_id="toolu_1", name="look"):
    return {"type": "tool_use", "id": call_id, "name": name, "input": {}}


def result(call_id="toolu_1", text="seen"):
    return {"type": "tool_result", "tool_use_id": call_id, "content": text}


def test_a_streamed_answer_arrives_whole(play):
    message = play(ECHO).ask()

    assert message.content[0].text == "You said hello."
    assert message.stop_reason == "end_turn"
    assert message.id.startswith("msg_")


def test_events_come_in_the_order_of_the_api(play):
    claude = play("turns: [{reply: [{thinking: Hm., }, {text: Yes.}, {tool_use: {name: look, input: {at: it}}}]}]")
    request = {"model": "claude-sonnet-5-5", "max_tokens": 10, "messages": [user("hi")], "tools": [LOOK]}

    kinds = [event.type for event in claude.client().messages.create(stream=True, **request)]

    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    call_block = ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"]
    assert kinds == ["message_start", *block, *block, *call_block, "message_delta", "message_stop"]


def test_without_a_stream_the_answer_is_the_same(play):
    client = play(ECHO).client()

    message = client.messages.create(model="claude-haiku-5-5", max_tokens=10, messages=[user("there")])

    assert (message.content[0].text, message.model) == ("You said there.", "claude-haiku-5-5")


def test_parallel_calls_are_answered_together_and_read_by_the_next_turn(play):
    claude = play("""
turns:
  - when: {tool_results: [{tool: look, matches: tree}, {tool: look, matches: house}]}
    reply: [{text: "I saw {{ tool_results('look') | join(' and ') }}."}]
  - reply:
      - {tool_use: {name: look, input: {at: left}}}
      - {tool_use: {name: look, input: {at: right}}}
""")
    first = claude.ask(tools=[LOOK])
    answers = [result(block.id, text) for block, text in zip(first.content, ["a tree", "a house"], strict=True)]

    second = claude.ask(tools=[LOOK], messages=[user("hello"), first.to_param(), user(answers)])

    assert first.stop_reason == "tool_use"
    assert second.content[0].text == "I saw a tree and a house."


def test_thinking_is_omitted_unless_its_summary_is_asked_for(play):
    claude = play("turns: [{reply: [{thinking: Deep thought.}, {text: 'Yes.'}]}]")

    silent = claude.ask().content[0]
    shown = claude.ask(thinking={"type": "adaptive", "display": "summarized"}).content[0]

    assert (silent.thinking, shown.thinking) == ("", "Deep thought.")


def test_a_thinking_block_that_was_changed_is_refused(play):
    claude = play("turns: [{reply: [{thinking: Deep.}, {text: 'Yes.'}]}]")
    changed = {"type": "thinking", "thinking": "Shallow.", "signature": claude.ask().content[0].signature}

    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
        claude.ask(messages=[user("a"), assistant(changed), user("b")])


def test_structured_output_is_json_that_fits_the_schema(play):
    message = play("turns: [{when: {schema: true}, reply: [{json: {word: '{{ last_user_text }}'}}]}]").ask(output_config=JSON_ASKED)

    assert message.content[0].text == '{"word": "hello"}'


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("json: {word: 7}", "7 is not of type 'string'"),
        ("json: {}", "'word' is a required property"),
        ("text: no json", "reply must be one json block"),
        ("tool_use: {name: look}", "the request sends no tools"),
        ("text: '{{ nobody }}'", "'nobody' is undefined"),
    ],
)
def test_a_script_that_answers_what_no_model_could_is_told_so(play, reply, reason):
    with pytest.raises(anthropic.BadRequestError, match=reason):
        play(f"turns: [{{name: odd, reply: [{{{reply}}}]}}]").ask(output_config=JSON_ASKED)


def test_a_request_that_no_turn_matches_gets_every_reason(play):
    claude = play("turns: [{name: first, when: {system: Gandalf}}, {name: second, when: {turn_number: 3, tools: [fly]}}]")

    with pytest.raises(anthropic.BadRequestError) as refusal:
        claude.ask()

    assert "- first: system: /Gandalf/ not found in ''" in refusal.value.message
    assert "- second: tools: fly not sent (sent: none); turn_number: it is turn 1, not 3" in refusal.value.message


def test_a_refusal_has_its_details(play):
    message = play("turns: [{stop_reason: refusal}]").ask()

    assert (message.stop_reason, message.content, message.stop_details.type) == ("refusal", [], "refusal")


def test_max_tokens_cuts_the_json_short(play):
    message = play("turns: [{stop_reason: max_tokens, reply: [{json: {word: long}}]}]").ask(output_config=JSON_ASKED)

    assert message.stop_reason == "max_tokens"
    assert message.content[0].text == '{"word":'


def test_a_marked_prefix_is_written_once_and_read_afterwards(play):
    claude = play(ECHO)
    system = [{"type": "text", "text": "Rules. " * 100, "cache_control": {"type": "ephemeral"}}]

    first = claude.ask(system=system).usage
    again = claude.ask(system=system, messages=[user("another question")]).usage

    assert (first.cache_creation_input_tokens > 100, first.cache_read_input_tokens) == (True, 0)
    assert (again.cache_creation_input_tokens, again.cache_read_input_tokens) == (0, first.cache_creation_input_tokens)


def test_automatic_caching_reads_the_longest_known_prefix(play):
    claude = play(ECHO)
    cached = {"cache_control": {"type": "ephemeral"}}
    first = claude.ask(**cached)

    usage = claude.ask(messages=[user("hello"), first.to_param(), user("more")], **cached).usage

    assert usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens
    assert usage.cache_creation_input_tokens > 0
    assert usage.input_tokens == 0


def test_counted_tokens_are_those_of_the_request(play):
    claude = play(ECHO)

    counted = claude.client().messages.count_tokens(model="claude-sonnet-5-5", messages=[user("hello")], tools=[LOOK])

    assert counted.input_tokens == claude.ask(tools=[LOOK]).usage.input_tokens


def test_models_are_listed_page_by_page_and_shown_one_by_one(play):
    client = play(ECHO).client()

    listed = [model.id for model in client.models.list(limit=3)]

    assert "claude-sonnet-5-5" in listed
    assert len(listed) == len(set(listed)) > 3
    assert client.models.retrieve("claude-sonnet-5-5").capabilities.structured_outputs.supported


def test_an_unknown_model_is_not_found(play):
    with pytest.raises(anthropic.NotFoundError, match="model: gpt"):
        play(ECHO).ask(model="gpt")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"messages": [user("a"), user("b")]}, "roles must alternate"),
        ({"messages": [assistant({"type": "text", "text": "a"})]}, "roles must alternate"),
        ({"messages": [user("a"), assistant({"type": "text", "text": "{"})]}, "does not support assistant message prefill"),
        ({"messages": [user("a"), assistant(call()), user("b")]}, "`tool_use` ids were found without `tool_result` blocks"),
        ({"messages": [user([result()])]}, "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1"),
        (
            {"messages": [user("a"), assistant(call()), user([{"type": "text", "text": "b"}, result()])]},
            "must come before any other content",
        ),
        ({"messages": [user("a"), assistant(call()), user([result(), result()])]}, "must have a single result"),
        ({"messages": [user("")]}, "non-empty content"),
        ({"messages": [user([{"type": "text", "text": " "}])]}, "non-whitespace text"),
        ({"messages": []}, "at least one message is required"),
        ({"max_tokens": 200_000}, "which is the maximum allowed"),
        ({"tool_choice": {"type": "any"}, "tools": [LOOK]}, "type 'any' is not supported"),
        ({"tools": [LOOK, LOOK]}, "Tool names must be unique"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "'enabled' is not supported"),
        ({"extra_body": {"temperature": 0}}, "sampling parameters are not supported"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
            "'additionalProperties' must be explicitly set to false",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "integer", "minimum": 1}}}},
            "properties minimum are not supported",
        ),
    ],
)
def test_what_the_api_refuses_is_refused(play, request_, reason):
    with pytest.raises(anthropic.BadRequestError) as refusal:
        play(ECHO).ask(**request_)

    assert reason in refusal.value.message
    assert refusal.value.type == "invalid_request_error"


def test_max_tokens_must_be_given(play):
    headers = {"authorization": "Bearer x", "anthropic-version": "2026-10-21"}
    body = {"model": "claude-sonnet-5-5", "messages": [user("a")]}

    answer = httpx2.post(f"{play(ECHO).url}/v1/messages", json=body, headers=headers)

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "max_tokens: Field required")
    assert answer.json()["request_id"] == answer.headers["request-id"]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eA=="}, {"x-api-key": ""}])
def test_without_a_credential_nobody_is_let_in(play, headers):
    claude = play(ECHO)

    answer = httpx2.post(f"{claude.url}/v1/messages", json={}, headers={"anthropic-version": "2026-10-21", **headers})

    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert claude.control("GET", "requests").json() == []


def test_a_scenario_may_ask_for_one_token(play):
    claude = play(ECHO, scenario="claude: {script: claude.yaml, token: right}\n")

    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        claude.ask()
    with anthropic.Anthropic(api_key="right", base_url=claude.url) as client:
        assert client.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=[user("hi")])
