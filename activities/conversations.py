"""Conversations with a model: kept in the content store, one version for each turn, never in a history."""

from __future__ import annotations

from collections.abc import Sequence

from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import Message, ToolAnswer, user_message
from duo_flows.domain.ports import ContentStore


class Conversation(Model):
    """What was said so far. `prompt` is the last rendered prompt: a passage with the same one need not repeat it."""

    messages: tuple[Message, ...] = ()
    system: str = ""
    prompt: str = ""

    def said(self, answers: Sequence[ToolAnswer], texts: Sequence[str]) -> Conversation:
        """Return the conversation after we have said this; two messages of ours in a row become one."""
        ours = user_message(answers, texts)
        if not ours.content:
            return self
        *before, last = self.messages or (None,)
        if last is not None and last.role == ours.role:
            merged = last.model_copy(update={"content": [*last.content, *ours.content]})
            return self.model_copy(update={"messages": (*before, merged)})
        return self.model_copy(update={"messages": (*self.messages, ours)})

    def answered(self, message: Message) -> Conversation:
        """Return the conversation after the model has said this, kept exactly as it came."""
        return self.model_copy(update={"messages": (*self.messages, message)})


async def load_conversation(contents: ContentStore, ref: str) -> Conversation:
    """Return the conversation of this reference; an empty one for an empty reference."""
    return Conversation.model_validate_json(await contents.get(ref)) if ref else Conversation()


async def keep_conversation(contents: ContentStore, conversation: Conversation) -> str:
    """Return the reference of the conversation."""
    return await contents.put(conversation.model_dump_json().encode("utf-8", "surrogatepass"))
