"""What a door received from a proven person, as it waits in the inbox until a workflow has it.

The delivery's key is the event's id: `api:<id>` or `note:<project>:<note>`. Whoever reads the same matter elsewhere (GitLab's
comments, say) names it the same way, so that it counts once.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from .model import Model
from .requests import ANSWER_TEXT_MAX_LENGTH, Act, Choice


class Origin(Model):
    """Whom a door has proven to act, and the event it was; the same event acts once."""

    event_id: str
    actor: str
    actor_id: int
    door: str


class ReceivedAnswer(Origin):
    """An answer as a door took it: the body of a delivery. `workflow_id` pins the run that was asked."""

    workflow_id: str
    choice: Choice
    digest: str
    request_id: str = ""
    text: str = Field(default="", max_length=ANSWER_TEXT_MAX_LENGTH)
    note_id: int | None = None

    def as_act(self, received_at: datetime) -> Act:
        """Return the answer as the rules judge it; `received_at` is the delivery's stamp."""
        return Act(**self.model_dump(exclude={"workflow_id", "note_id"}), received_at=received_at)


def note_event(project_id: int, note_id: int) -> str:
    """Return the id of the event that a comment is."""
    return f"note:{project_id}:{note_id}"
