"""What each choice means, in the words that every door shows beside a question. Pure, and nothing but words."""

from __future__ import annotations

from collections.abc import Mapping

from .requests import Choice, RequestKind

_MEANINGS: Mapping[RequestKind, Mapping[Choice, str]] = {
    RequestKind.APPROVAL: {
        Choice.APPLY: "apply exactly this change",
        Choice.DIFF: "show me the full diff",
        Choice.CANCEL: "change nothing",
        Choice.MODIFY: "ask for another proposal",
    },
    RequestKind.TOOL_CALLS: {
        Choice.APPLY: "run exactly these calls",
        Choice.ALWAYS: "run them, and do not ask again for exactly these calls in this session",
        Choice.DIFF: "show me the calls in full",
        Choice.CANCEL: "run none of them; the agent looks for another way",
        Choice.MODIFY: "run none of them, and tell the agent what to do instead",
    },
    RequestKind.INPUT: {
        Choice.RESPOND: "tell the agent this",
        Choice.DIFF: "show me the whole of it",
        Choice.CANCEL: "give no answer",
    },
}

# A question without a stored change: a yes applies nothing, it lets the flow go on.
_WITHOUT_CHANGE: Mapping[Choice, str] = {
    Choice.APPLY: "approve: the flow goes on",
    Choice.DIFF: "show me the whole of it",
    Choice.CANCEL: "reject",
    Choice.MODIFY: "say what should be different",
}

# What stands for the words that a choice needs, in a line to copy.
_PLACES = {Choice.MODIFY: "<what should be different>", Choice.RESPOND: "<your answer>"}


def meaning_of(choice: Choice, kind: RequestKind, *, has_change: bool) -> str:
    """Return what the choice does with a question of this kind; `has_change`: a stored change is asked about."""
    if kind is RequestKind.APPROVAL and not has_change:
        return _WITHOUT_CHANGE.get(choice, choice.value)
    return _MEANINGS[kind].get(choice, choice.value)


def place_of_words(choice: Choice) -> str:
    """Return what stands for a choice's words in a line to copy; empty for one that needs none."""
    return _PLACES.get(choice, "")
