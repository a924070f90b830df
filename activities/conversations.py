"""Conversations with a model: kept in the content store, one version for each turn, never in a history.

A version is a list of parts, each with some messages. A turn adds one part, and neighbours of about one size become one: so a
conversation of n turns is kept in about log n parts, and keeping all its versions costs n log n and not n squared.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import Message, ToolAnswer, user_message
from duo_flows.domain.ports import ContentStore


class Part(Model):
    """Some messages in a row, in the content store."""

    ref: str
    message_count: int
    size: int


class _Messages(Model):
    messages: tuple[Message, ...]


class _Version(Model):
    """A conversation as it is kept."""

    parts: tuple[Part, ...] = ()
    system: str = ""
    prompt: str = ""
    opening_blocks: int = 0


class Conversation(Model):
    """What was said so far. `prompt` is the last rendered prompt: a passage with the same one need not repeat it.

    `parts` are those of its beginning that are kept already. Once it has been compacted, `opening_blocks` is how many blocks of its
    first message are original; the others are the summary.
    """

    messages: tuple[Message, ...] = ()
    system: str = ""
    prompt: str = ""
    opening_blocks: int = 0
    parts: tuple[Part, ...] = Field(default=(), exclude=True)

    def said(self, answers: Sequence[ToolAnswer], texts: Sequence[str]) -> Conversation:
        """Return the conversation after we have said this; two messages of ours in a row become one."""
        ours = user_message(answers, texts)
        if not ours.content:
            return self
        if self.messages and self.messages[-1].role == ours.role:
            *before, last = self.messages
            merged = last.model_copy(update={"content": [*last.content, *ours.content]})
            return self.with_messages((*before, merged), unchanged=len(before))
        return self.model_copy(update={"messages": (*self.messages, ours)})

    def answered(self, message: Message) -> Conversation:
        """Return the conversation after the model has said this, kept exactly as it came."""
        return self.model_copy(update={"messages": (*self.messages, message)})

    def with_messages(self, messages: Sequence[Message], *, unchanged: int) -> Conversation:
        """Return the conversation with other messages, the first `unchanged` of which are what they were."""
        kept: list[Part] = []
        for part in self.parts:
            unchanged -= part.message_count
            if unchanged < 0:
                break
            kept.append(part)
        return self.model_copy(update={"messages": tuple(messages), "parts": tuple(kept)})


async def load_conversation(contents: ContentStore, ref: str) -> Conversation:
    """Return the conversation of this reference; an empty one for an empty reference."""
    if not ref:
        return Conversation()
    version = _Version.model_validate_json(await contents.get(ref))
    messages: list[Message] = []
    for part in version.parts:
        messages += _Messages.model_validate_json(await contents.get(part.ref)).messages
    return Conversation(
        messages=tuple(messages),
        system=version.system,
        prompt=version.prompt,
        opening_blocks=version.opening_blocks,
        parts=version.parts,
    )


async def keep_conversation(contents: ContentStore, conversation: Conversation) -> str:
    """Return the reference of the conversation; only what is not kept yet is written, and what it becomes one with."""
    parts = list(conversation.parts)
    begins_at = sum(part.message_count for part in parts)
    if conversation.messages[begins_at:]:
        data = _bytes(conversation.messages[begins_at:])
        while parts and parts[-1].size <= 2 * len(data):
            begins_at -= parts.pop().message_count
            data = _bytes(conversation.messages[begins_at:])
        count = len(conversation.messages) - begins_at
        parts.append(Part(ref=await contents.put(data), message_count=count, size=len(data)))
    version = _Version(
        parts=tuple(parts),
        system=conversation.system,
        prompt=conversation.prompt,
        opening_blocks=conversation.opening_blocks,
    )
    return await contents.put(version.model_dump_json().encode("utf-8", "surrogatepass"))


def _bytes(messages: tuple[Message, ...]) -> bytes:
    return _Messages(messages=messages).model_dump_json().encode("utf-8", "surrogatepass")
