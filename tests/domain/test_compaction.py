"""Which messages a summary takes the place of: calls and results together, the newest as they are, the first always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.compaction import (
    compacted,
    cut_of,
    estimated_tokens,
    is_due,
    read_aloud,
    transcript_of,
)
from duo_flows.domain.flow_components import AgentComponent, Compaction
from duo_flows.domain.model_turns import Message, ToolAnswer, user_message


def call(n: int, text: str = "I look.") -> Message:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    use = {"type": "tool_use", "id": f"c{n}", "name": "get_job_logs", "input": {"job_id": n}}
    return Message(role="assistant", content=[thinking, {"type": "text", "text": text}, use])


def result(n: int, text: str = "ok") -> Message:
    return user_message([ToolAnswer(call_id=f"c{n}", text=text)], [])


def conversation(turns: int, *, is_waiting: bool = False, result_text: str = "ok") -> tuple[Message, ...]:
    """Return a conversation of that many calls; the last one has no result yet if it is waiting."""
    pairs = [message for n in range(turns) for message in (call(n), result(n, result_text))]
    return (user_message([], ["Mend it."]), *(pairs[:-1] if is_waiting else pairs))


def test_what_a_flow_may_say_of_compaction():
    assert AgentComponent(name="a", prompt_id="p", compaction=True).compaction == Compaction()
    assert AgentComponent(name="a", prompt_id="p", compaction=False).compaction is None
    assert AgentComponent(name="a", prompt_id="p", compaction={"trim_threshold": 0.5}).compaction == Compaction(trim_threshold=0.5)


@pytest.mark.parametrize(
    ("message_count", "tokens", "due"),
    [(11, 701, True), (10, 701, False), (11, 700, False), (400, 10, False)],
)
def test_it_is_due_when_there_are_both_too_many_messages_and_too_many_tokens(message_count, tokens, due):
    assert is_due(Compaction(), message_count=message_count, tokens=tokens, context_tokens=1_000) is due


def test_complete_turns_stay_up_to_the_number_of_messages():
    messages = conversation(20)

    cut = cut_of(messages, Compaction(max_recent_messages=5), tokens=0)

    assert len(messages) - cut == 4
    assert messages[cut].role == "assistant"


def test_complete_turns_stay_up_to_the_number_of_tokens():
    messages = conversation(20, result_text="x" * 900)

    cut = cut_of(messages, Compaction(recent_messages_token_budget=1_000), tokens=0)

    assert len(messages) - cut == 4


def test_the_last_turn_stays_however_long_it_is():
    messages = conversation(3, result_text="x" * 90_000)

    assert cut_of(messages, Compaction(recent_messages_token_budget=10), tokens=0) == 5


@pytest.mark.parametrize("messages", [(), (user_message([], ["Mend it."]),), conversation(1), conversation(2)])
def test_where_everything_is_recent_nothing_is_left_out(messages):
    assert cut_of(messages, Compaction(), tokens=0) == 0


@given(
    turns=st.integers(0, 30),
    is_waiting=st.booleans(),
    recent=st.integers(1, 12),
    budget=st.integers(1, 3_000),
    tokens=st.integers(0, 9_000),
)
def test_what_is_left_is_a_conversation_that_a_provider_takes(turns, is_waiting, recent, budget, tokens):
    messages = conversation(turns, is_waiting=is_waiting, result_text="x" * 200)
    limits = Compaction(max_recent_messages=recent, recent_messages_token_budget=budget)

    cut = cut_of(messages, limits, tokens=tokens)
    left = compacted(messages, cut, opening_blocks=0, summary="S") if cut else messages

    assert [message.role for message in left] == ["user", "assistant"] * (len(left) // 2) + ["user"] * (len(left) % 2)
    used = [block["id"] for message in left for block in message.content if block["type"] == "tool_use"]
    answered = [block["tool_use_id"] for message in left for block in message.content if block["type"] == "tool_result"]
    assert used[: len(answered)] == answered
    assert left[1:] == messages[len(messages) - len(left) + 1 :]


def test_the_first_message_stays_and_an_earlier_summary_does_not():
    once = compacted(conversation(9), 13, opening_blocks=0, summary="FIRST")
    twice = compacted(once, 3, opening_blocks=1, summary="SECOND")

    assert [block["text"].splitlines()[-1] for block in twice[0].content] == ["Mend it.", "SECOND"]


def test_the_transcript_tells_of_calls_results_and_the_earlier_summary_but_not_of_thinking_or_the_first_words():
    once = compacted(conversation(9), 13, opening_blocks=0, summary="FIRST")

    text = transcript_of(once[:3], opening_blocks=1, characters_max=10_000)

    assert "FIRST" in text
    assert '[call of get_job_logs] {"job_id": 6}\n\n[result] ok' in text
    assert "Hm." not in text
    assert "Mend it." not in text


def test_a_transcript_that_is_too_long_has_its_long_blocks_cut():
    messages = (*conversation(4, result_text="x" * 30_000), call(9, "the newest"))

    text = transcript_of(messages, opening_blocks=0, characters_max=6_000)

    assert len(text) <= 6_000
    assert "more characters]" in text
    assert "the newest" in text


def test_a_part_is_measured_by_the_whole_that_the_provider_counted():
    messages = conversation(10)

    assert estimated_tokens(messages, of=messages, tokens=777) == 777
    assert estimated_tokens(messages[:11], of=messages, tokens=777) < 777


def test_a_flow_reads_a_conversation_as_roles_and_texts():
    assert read_aloud(conversation(1)) == [
        {"role": "user", "text": "Mend it."},
        {"role": "assistant", "text": 'I look.\n[call of get_job_logs] {"job_id": 0}'},
        {"role": "user", "text": "[result] ok"},
    ]
