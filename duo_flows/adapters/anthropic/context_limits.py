"""How long a conversation each model takes, in tokens. A model that is not in the table takes what the least of them does.

Source: https://platform.claude.com/docs/en/about-claude/models/overview
"""

from __future__ import annotations

from collections.abc import Mapping

from .prices import known_name

_LONG = 1_000_000
_SHORT = 200_000

CONTEXT_TOKENS: Mapping[str, int] = {
    "claude-fable-5-2": _LONG,
    "claude-mythos-5-2": _LONG,
    "claude-fable-5-1": _LONG,
    "claude-mythos-5-1": _LONG,
    "claude-fable-5": _LONG,
    "claude-mythos-5": _LONG,
    "claude-opus-5-5": _LONG,
    "claude-opus-5": _LONG,
    "claude-opus-4-8": _LONG,
    "claude-opus-4-7": _LONG,
    "claude-opus-4-6": _LONG,
    "claude-opus-4-5": _SHORT,
    "claude-opus-4-1": _SHORT,
    "claude-sonnet-5-5": _LONG,
    "claude-sonnet-5": _LONG,
    "claude-sonnet-4-6": _LONG,
    "claude-sonnet-4-5": _SHORT,
    "claude-haiku-5-5": _LONG,
    "claude-haiku-4-5": _SHORT,
}


def context_tokens_of(model: str) -> int:
    """Return how many tokens a model takes: of the longest name in the table that it is a snapshot of, else the least."""
    name = known_name(model, CONTEXT_TOKENS)
    return CONTEXT_TOKENS[name] if name else _SHORT
