"""Summaries: what a model is asked for one that takes the place of older messages, and what comes of it. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass

from duo_flows.domain.compaction import (
    CHARACTERS_PER_TOKEN,
    INSTRUCTIONS,
    compacted,
    cut_of,
    estimated_tokens,
    transcript_of,
)
from duo_flows.domain.flow_definition import AgentComponent, FlowDefinition, OneOffComponent
from duo_flows.domain.model_turns import TurnRequest, user_message
from duo_flows.domain.redaction import redact

from .contracts import CompactConversation
from .conversations import Conversation
from .deps import Deps

# The rest of what the model takes is for the summary itself, and for what was counted too low.
_SHARE_OF_CONTEXT = 0.7
_NO_SUMMARY = "(It could not be summarised. What you still need of it has to be read again.)"


@dataclass(frozen=True, kw_only=True)
class Shortening:
    """A conversation whose messages before `cut`, but for the first, are to become a summary; and what to ask for it."""

    conversation: Conversation
    cut: int
    tokens: int
    request: TurnRequest

    def with_summary(self, summary: str) -> Conversation:
        """Return the conversation with the summary in its place; with a notice where there is none."""
        before = self.conversation
        opening_blocks = before.opening_blocks or len(before.messages[0].content)
        messages = compacted(before.messages, self.cut, opening_blocks=opening_blocks, summary=summary or _NO_SUMMARY)
        return before.with_messages(messages, unchanged=0).model_copy(update={"opening_blocks": opening_blocks})

    def told(self, shorter: Conversation) -> str:
        """Return the line of the session log."""
        before, after = self.conversation.messages, shorter.messages
        tokens = self.tokens or estimated_tokens(before, of=before, tokens=0)
        left = estimated_tokens(after, of=before, tokens=self.tokens)
        return (
            f"The conversation was compacted: {len(before)} messages of about {tokens} tokens became {len(after)} of about {left}. "
            "The earlier one is kept."
        )


def shortening_of(
    deps: Deps,
    task: CompactConversation,
    definition: FlowDefinition,
    component: AgentComponent | OneOffComponent,
    conversation: Conversation,
) -> Shortening | None:
    """Return what is to be left out and asked for; None where everything is recent, or the component is never compacted."""
    compaction = component.compaction
    cut = cut_of(conversation.messages, compaction, tokens=task.tokens) if compaction else 0
    if not cut:
        return None
    model = deps.model_for(component.model_tags)
    room = int(deps.planner.context_tokens(model) * _SHARE_OF_CONTEXT) * CHARACTERS_PER_TOKEN
    older = transcript_of(conversation.messages[:cut], opening_blocks=conversation.opening_blocks, characters_max=room)
    request = TurnRequest(
        model=model,
        system=INSTRUCTIONS,
        messages=(user_message([], [redact(older)]),),
        max_tokens=deps.max_tokens,
        timeout_seconds=definition.prompt(component.prompt_id).params.timeout,
        labels={"session": task.scope.session_id},
    )
    return Shortening(conversation=conversation, cut=cut, tokens=task.tokens, request=request)
