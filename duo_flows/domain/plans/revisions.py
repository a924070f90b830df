"""A revision's content: everything that a decision binds, and the digest that names it.

The law of this module: values and their one canonical form. The digest covers what people read and what is carried out. Ids of
elements are no part of it: they say which element is which and not what is decided, so that an edit that changes nothing
changes no digest.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, JsonValue, field_validator

from duo_flows.domain.canonical import digest_of
from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model
from duo_flows.domain.written_texts import one_line

from .effects import PlanEffects
from .elements import Plan
from .lines import as_prose
from .parsing import parse
from .rendering import to_markdown
from .texts import harmless, visible

# GitLab's titles have at most 255 characters, of which the item's number takes some. Source: GitLab docs, api/issues.
TITLE_MAX = 230
# One sentence, which a reader takes in before deciding whether to read on.
IMPACT_MAX = 600
# A page and a half: who needs more reads the plan.
SUMMARY_MAX = 10_000
# More boxes than these are ticked without being read.
CHECKLIST_MAX = 50
CHECKLIST_TEXT_MAX = 500
# A text that is made harmless is so at once; the second time nothing may change, or a text would drift with each edit of another.
_PASSES_MAX = 6


class RevisionContent(Model):
    """One immutable version of all that a decision binds.

    Attributes:
        title: of the item, without its number; one line.
        summary: plain language, Markdown.
        impact: what cannot happen without the approval; one line.
        plan: what is proposed.
        effects: what carrying it out may touch; None where nothing is carried out.
        checklist: what reviewers should know or verify; one line each. Ticks are no part of it.
        policy: the approval policy, which only the approval machine reads.
    """

    title: str = Field(min_length=1, max_length=TITLE_MAX)
    summary: str = Field(default="", max_length=SUMMARY_MAX)
    impact: str = Field(default="", max_length=IMPACT_MAX)
    plan: Plan = Plan()
    effects: PlanEffects | None = None
    checklist: tuple[str, ...] = Field(default=(), max_length=CHECKLIST_MAX)
    policy: JsonValue = None

    @field_validator("title")
    @classmethod
    def _is_a_title(cls, text: str) -> str:
        if text != one_line(visible(text)):
            raise ValueError("The title is not one visible line; write it through `checked_title`.")
        return text

    @field_validator("impact")
    @classmethod
    def _is_a_statement(cls, text: str) -> str:
        if text != as_prose(line_of(text)):
            raise ValueError("The impact is not one visible line of prose; write it through `checked_impact`.")
        return text

    @field_validator("checklist")
    @classmethod
    def _are_lines(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if any(text != line_of(text) or not text or len(text) > CHECKLIST_TEXT_MAX for text in texts):
            raise ValueError("A text of the checklist is empty, too long, or not one visible line.")
        return texts

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical form."""
        return digest_of(self.canonical())

    def canonical(self) -> dict[str, Any]:
        """Return the form that the digest is taken of, as JSON."""
        data = self.model_dump(mode="json", exclude={"plan"})
        return {**data, "plan": [element.meaning() for element in self.plan.elements]}


def line_of(text: str) -> str:
    """Return a text as one line in which nothing hides."""
    return harmless(one_line(visible(text)))


def prose_of(text: str) -> str:
    """Return a Markdown text outside of the plan as it stands in an item: nothing hides, and no mark is in it."""
    for _ in range(_PASSES_MAX):
        plain = to_markdown((one.element for one in parse(text)), has_marks=False).strip()
        if plain == text:
            break
        text = plain
    return text


def checked_title(text: str) -> str:
    """Return a title: GitLab shows it as it is, not as Markdown.

    Raises:
        Refused: it is empty or too long.
    """
    return _checked(one_line(visible(text)), name="title", maximum=TITLE_MAX)


def checked_impact(text: str) -> str:
    """Return an impact statement: one line that begins nothing but prose.

    Raises:
        Refused: it is empty or too long.
    """
    return _checked(as_prose(line_of(text)), name="impact statement", maximum=IMPACT_MAX)


def _checked(line: str, *, name: str, maximum: int) -> str:
    if not line:
        raise Refused(f"The {name} is empty; write one line.", code="empty_text")
    if len(line) > maximum:
        raise Refused(f"The {name} has {len(line):,} characters; at most {maximum:,} fit. Shorten it.", code="text_too_long")
    return line


def checked_summary(text: str) -> str:
    """Return a summary that nothing hides in.

    Raises:
        Refused: it is too long.
    """
    prose = prose_of(text)
    if len(prose) > SUMMARY_MAX:
        raise Refused(f"The summary has {len(prose):,} characters; at most {SUMMARY_MAX:,} fit.", code="text_too_long")
    return prose


def checked_checklist(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of a checklist, each one line.

    Raises:
        Refused: one is empty or too long, or there are too many.
    """
    if len(texts) > CHECKLIST_MAX:
        raise Refused(f"The checklist has {len(texts)} texts; at most {CHECKLIST_MAX} fit.", code="text_too_long")
    return tuple(_checked(line_of(text), name="text of the checklist", maximum=CHECKLIST_TEXT_MAX) for text in texts)
