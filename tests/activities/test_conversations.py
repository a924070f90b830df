"""Conversations: kept in parts that share what was kept before, and loaded as they were."""

from datetime import UTC, datetime

import pytest

from activities.conversations import Conversation, keep_conversation, load_conversation
from duo_flows.adapters.store.memory import MemoryStore
from duo_flows.domain.model_turns import Message, ToolAnswer

TURNS = 400
RESULT = "a line of a job's log, as long as such lines are\n" * 100


class CountingContents:
    """The content store's double, counting the bytes that are written and what is read."""

    def __init__(self) -> None:
        self.contents = MemoryStore(clock=lambda: datetime.now(UTC)).contents
        self.written = self.reads = 0

    async def put(self, data, *, media_type="application/json"):
        self.written += len(data)
        return await self.contents.put(data, media_type=media_type)

    async def get(self, ref):
        self.reads += 1
        return await self.contents.get(ref)


@pytest.fixture
def contents() -> CountingContents:
    return CountingContents()


def assistant(call_id: str) -> Message:
    return Message(role="assistant", content=[{"type": "tool_use", "id": call_id, "name": "get_job_logs", "input": {}}])


def turn(conversation: Conversation, n: int) -> Conversation:
    return conversation.answered(assistant(f"c{n}")).said([ToolAnswer(call_id=f"c{n}", text=f"{n} {RESULT}")], [])


async def after_turns(contents, count: int) -> tuple[Conversation, str]:
    """Return a conversation of that many turns in memory, and its reference after it was kept and loaded at each of them."""
    whole, ref = Conversation(system="s", prompt="p").said([], ["Begin."]), ""
    ref = await keep_conversation(contents, whole)
    for n in range(count):
        whole = turn(whole, n)
        ref = await keep_conversation(contents, turn(await load_conversation(contents, ref), n))
    return whole, ref


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
async def test_a_conversation_is_loaded_as_it_was_kept(contents, count):
    whole, ref = await after_turns(contents, count)

    loaded = await load_conversation(contents, ref)

    assert loaded.messages == whole.messages
    assert (loaded.system, loaded.prompt) == ("s", "p")


async def test_keeping_every_version_of_a_long_conversation_costs_a_few_times_its_size(contents):
    whole, ref = await after_turns(contents, TURNS)
    size = len(whole.model_dump_json())
    read_before = contents.reads
    await load_conversation(contents, ref)

    # Each version anew would be TURNS / 2 times its size.
    assert contents.written < 12 * size
    assert contents.reads - read_before < 14


async def test_a_message_that_we_go_on_with_is_not_kept_twice(contents):
    ref = await keep_conversation(contents, Conversation().said([], ["One."]))
    ref = await keep_conversation(contents, (await load_conversation(contents, ref)).said([], ["Two."]))

    [message] = (await load_conversation(contents, ref)).messages

    assert [block["text"] for block in message.content] == ["One.", "Two."]


async def test_an_earlier_version_stays_as_it_was(contents):
    early = await keep_conversation(contents, Conversation().said([], ["One."]))
    await keep_conversation(contents, turn(await load_conversation(contents, early), 1))

    assert len((await load_conversation(contents, early)).messages) == 1


async def test_no_reference_is_an_empty_conversation(contents):
    assert (await load_conversation(contents, "")).messages == ()
    assert contents.reads == 0
