"""What tools that write have in common: arguments, and the form of a specification. No tool of its own stands here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from duo_flows.domain.effects import Effect
from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.written_texts import TEXT_MAX

from .spec import Privilege, ToolSpec

# More people are a group, and each of them gets a to-do.
PEOPLE_MAX = 10
# More labels tell nothing about one item.
LABELS_MAX_LENGTH = 1_000

Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Title = Annotated[str, Field(min_length=1, max_length=1_000)]
People = Annotated[tuple[int | str, ...], Field(max_length=PEOPLE_MAX)]
Labels = Annotated[str, Field(max_length=LABELS_MAX_LENGTH)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]

LABELS = "Names of labels, between commas."


class InProject(Model):
    """Arguments of a tool that writes into the session's project. `project_id` may be left out and can be no other."""

    project_id: int | str | None = Field(default=None, description="The session's own project, by number or path; may be left out.")


def labels_of(text: str) -> tuple[str, ...]:
    """Return the names between the commas, each once, in their order."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def writing(
    name: str,
    description: str,
    *,
    arguments: type[Model],
    touches: Callable[[Any], tuple[Effect, ...]],
    access: AccessLevel = AccessLevel.DEVELOPER,
) -> ToolSpec:
    """Return the specification of a tool that writes into GitLab. GitLab has commits and branches in the same class."""
    return ToolSpec(
        name=name,
        description=description,
        privilege=Privilege.READ_WRITE_GITLAB,
        arguments=arguments,
        access=access,
        is_write=True,
        touches=touches,
    )
