"""How an agent's final answer reads to a person: in the question that it leads to, and as what became of a flow.

The law of this module: secrets go before anything is cut; what is cut says so; nobody's words get out of their quotation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duo_flows.domain.flow_components import HumanInputComponent
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.redaction import redact

from .question_texts import code_block

# Two screens: more is not read before a question, and is one answer away.
_QUOTED_MAX = 6_000
# A comment that nobody scrolls through for long.
_SUMMARY_MAX = 20_000


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """An answer as it is quoted with a question: `shown`, and the `whole` where that is more, else empty."""

    shown: str
    whole: str = ""


def quoted(component: HumanInputComponent, message: str, answer: Any) -> Quoted:
    """Return what to quote with a question of the answer that it is about; nothing where its message shows it already.

    Args:
        component: who asks.
        message: the question as rendered, redacted.
        answer: the final answer of the agent that the response is sent to; None where it has not answered.
    """
    text = _text_of(answer)
    if not text or text in message or _reads_answer(component):
        return Quoted(shown="")
    is_whole = len(text) <= _QUOTED_MAX
    heading = f"What **{component.sends_response_to}** answered:"
    if not isinstance(answer, str):
        return Quoted(shown=f"{heading}\n\n{code_block(text, language='json', limit=_QUOTED_MAX)}", whole="" if is_whole else text)
    shown = "\n".join(f"> {line}".rstrip() for line in text[:_QUOTED_MAX].split("\n"))
    if is_whole:
        return Quoted(shown=f"{heading}\n\n{shown}")
    return Quoted(shown=f"{heading}\n\n{shown}\n\n[{_cut(text, _QUOTED_MAX)}; answer diff to read the whole]", whole=text)


def last_answer(definition: FlowDefinition, context: Mapping[str, Any], *, step: str) -> str:
    """Return what the last agent has answered, as the summary of a flow that states none; empty where no agent has.

    Args:
        definition: the flow.
        context: what its components have left, by name, whole.
        step: where the flow ended; the answer of an agent there counts, otherwise that of the last in the flow file's order.
    """
    names = [*(component.name for component in definition.components), step]
    outputs = [context.get(name) for name in reversed(names)]
    answers = [
        output["final_answer"] for output in outputs if isinstance(output, Mapping) and output.get("final_answer") is not None
    ]
    if not answers:
        return ""
    text = _text_of(answers[0])
    if not isinstance(answers[0], str):
        return code_block(text, language="json", limit=_SUMMARY_MAX)
    return text if len(text) <= _SUMMARY_MAX else f"{text[:_SUMMARY_MAX]}\n\n[{_cut(text, _SUMMARY_MAX)}]"


def _text_of(answer: Any) -> str:
    if answer is None:
        return ""
    return redact(answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)).strip()


def _cut(text: str, limit: int) -> str:
    return f"cut: {len(text) - limit:,} more characters"


def _reads_answer(component: HumanInputComponent) -> bool:
    """Tell whether the message is made of the answer: its author has chosen what of it is shown."""
    of_answer = (component.sends_response_to, "final_answer")
    names = [one.name for one in component.inputs if one.target == "context" and one.path[:2] == of_answer]
    return any(re.search(rf"\b{re.escape(name)}\b", component.message_template) for name in names)
