"""Plays a script: picks the turn that answers a request and counts how often each was used.

Counts are kept per conversation (same system prompt, same first message), so that sessions running beside each other do not use
up each other's turns. Nothing here speaks HTTP.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.claude.matching import Match, Mismatch, judge
from simulators.claude.replies import Answer, ScriptError, build_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.claude.conversation import Conversation
    from simulators.claude.script_file import Fail, Script, Turn


@dataclass(frozen=True)
class Played:
    """A turn that answers: what it says, how slowly, and whether something goes wrong on the way."""

    turn: Turn
    answer: Answer
    latency_seconds: float
    chunk_delay_seconds: float
    fail: Fail | None


class Player:
    """One script with its variables, and what has been played of it."""

    def __init__(self, script: Script, *, variables: Mapping[str, str]) -> None:
        self._script = script
        self._variables = variables
        self._answered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self._failures: defaultdict[tuple[str, int], int] = defaultdict(int)

    def play(self, conversation: Conversation) -> Played:
        """The first turn that matches.

        Raises:
            ScriptError: none does, with every turn's reasons; or the one that does cannot be rendered.
        """
        mismatches: list[Mismatch] = []
        for place, turn in enumerate(self._script.turns):
            verdict = self._judge(turn, place=place, conversation=conversation)
            if isinstance(verdict, Match):
                return self._played(verdict, place=place, conversation=conversation)
            mismatches.append(verdict)
        raise ScriptError(_no_turn(mismatches, conversation=conversation))

    def _judge(self, turn: Turn, *, place: int, conversation: Conversation) -> Match | Mismatch:
        verdict = judge(turn, conversation=conversation, variables=self._variables)
        # The same request sent again, after a lost answer, is the same use of a turn.
        others = self._answered[conversation.identity, place] - {conversation.request_digest}
        if isinstance(verdict, Match) and turn.times is not None and len(others) >= turn.times:
            return Mismatch(turn, (f"times: it has answered {turn.times} requests of this conversation already",))
        return verdict

    def _played(self, match: Match, *, place: int, conversation: Conversation) -> Played:
        turn, key = match.turn, (conversation.identity, place)
        answer = build_answer(match, conversation=conversation, variables=self._variables)
        fail = turn.fail if turn.fail is not None and self._failures[key] < turn.fail.times else None
        if fail is None:
            self._answered[key].add(conversation.request_digest)
        else:
            self._failures[key] += 1
        latency_ms = self._script.latency_ms if turn.latency_ms is None else turn.latency_ms
        delay_ms = self._script.chunk_delay_ms if turn.chunk_delay_ms is None else turn.chunk_delay_ms
        return Played(turn, answer, latency_seconds=latency_ms / 1000, chunk_delay_seconds=delay_ms / 1000, fail=fail)


def _no_turn(mismatches: list[Mismatch], *, conversation: Conversation) -> str:
    told = "\n".join(f"- {item.turn.name}: {'; '.join(item.reasons)}" for item in mismatches)
    return (
        f"No turn of the script matches turn {conversation.turn_number} of this conversation. Why not:\n{told}\n"
        "GET /-/simulator/requests shows the request."
    )
