"""What became of a run, in words: the flow's own summary, or what stands in for one. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import Ending

from .answer_texts import last_answer
from .contracts import CloseSession
from .deps import Deps

# Of what went wrong with a summary: enough to mend it.
_PROBLEM_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The summary of a run, never empty, redacted. `problem` is why the flow's own could not be rendered, empty where it could."""

    text: str
    problem: str = ""


async def summary_of(deps: Deps, task: CloseSession) -> Summary:
    """Return what became of the run.

    A flow's summary that renders empty gives way to the reason, and one that does not render does too: it must not keep a session
    from ending. A flow without one that is done says what its last agent has answered.
    """
    definition = await deps.definition(task.scope.definition_ref)
    reason = task.reason or _PLAIN_ENDINGS[task.ending]
    plain = Summary(text=redact(reason))
    context = await deps.loaded(task.context)
    if not definition.flow.summary:
        answer = last_answer(definition, context, step=task.step) if task.ending is Ending.DONE else ""
        return Summary(text=answer) if answer else plain
    variables = {**context, "ending": str(task.ending), "reason": reason}
    try:
        rendered = redact(deps.flow_files.render(definition.flow.summary, variables)).strip()
    except (NeverAgain, Refused) as error:
        return Summary(text=plain.text, problem=redact(str(error))[:_PROBLEM_MAX])
    return Summary(text=rendered) if rendered else plain


_PLAIN_ENDINGS = {
    Ending.DONE: "Done.",
    Ending.NOTHING_TO_DO: "There was nothing to do.",
    Ending.NOT_FIXABLE: "This cannot be fixed by a change of the code.",
    Ending.LOW_CONFIDENCE: "The cause is not certain enough to propose a change.",
    Ending.CANCELLED: "Cancelled: the answer was no.",
    Ending.STOPPED: "Stopped.",
    Ending.EXPIRED: "Nobody answered in time.",
    Ending.ATTEMPTS_USED_UP: "No attempt is left.",
    Ending.COST_CAP: "The session has used what it may cost.",
    Ending.FAULT: "The session failed.",
}
