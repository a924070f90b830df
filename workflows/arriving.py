"""What arrives at a run from outside, read without trusting its form: signals, updates and the start.

Temporal hands a handler whatever was sent: nothing, `null`, two values. A handler that raises on it would hold the run up for good,
since the message stands in the history. So everything is read here, and what cannot be read is refused. The reasons name fields and
never quote them: what people send reaches no log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from duo_flows.domain.model import Model

Message = TypeVar("Message", bound=Model)

# A message may be wrong in every field; the first few tell enough.
_FAULTS_TOLD = 5
_NAME_MAX_LENGTH = 40


class Unreadable(Exception):  # noqa: N818 - the reason why a message is refused, told and not raised further
    """What was sent is no such message; the text says which field is wrong and quotes nothing."""


def read(form: type[Message], given: Sequence[Any]) -> Message:
    """Return the one message that was sent, from its JSON value.

    Raises:
        Unreadable: nothing was sent, more than one value, or one of another form.
    """
    if len(given) != 1:
        raise Unreadable(f"{_article(form)} is sent as one JSON value; this had {len(given)}.")
    try:
        return form.model_validate(given[0])
    except ValidationError as error:
        raise Unreadable(f"This is not {_article(form).lower()}: {faults_of(error)}.") from None


def faults_of(error: ValidationError) -> str:
    """Return what is wrong with a value, by field, in a line that quotes nothing of it."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    more = f"; and {len(faults) - _FAULTS_TOLD} more" if len(faults) > _FAULTS_TOLD else ""
    return "; ".join(_told(fault) for fault in faults[:_FAULTS_TOLD]) + more


def _article(form: type[Model]) -> str:
    return f"{'An' if form.__name__[0] in 'AEIOU' else 'A'} {form.__name__}"


def _told(fault: Any) -> str:
    where = ".".join(str(part)[:_NAME_MAX_LENGTH] for part in fault["loc"])
    what = _WORDS.get(str(fault["type"])) or str(fault["msg"])
    return f"{where}: {what}" if where else what


# pydantic's own words for these say nothing to somebody who does not know it.
_WORDS = {"missing": "it is missing", "extra_forbidden": "there is no such field", "json_invalid": "it is no JSON"}
