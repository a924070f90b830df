"""For whom and where an activity acts, and within which limits."""

from __future__ import annotations

from datetime import timedelta

from duo_flows.domain.model import Model
from duo_flows.domain.pipelines import NoteTarget, note_target_of

# How long nothing may be heard of a worker before its work is given to another. A machine that stutters is not dead yet, and a
# model turn that is begun again is paid for again; but a person waits.
SIGN_OF_LIFE = timedelta(seconds=30)


class Limits(Model):
    """What the operator's settings allow a session, frozen when it opens."""

    request_timeout: timedelta
    pipeline_poll_interval: timedelta
    pipeline_wait_timeout: timedelta
    cost_cap_microusd: int
    sign_of_life: timedelta = SIGN_OF_LIFE


class Scope(Model):
    """For whom and where an activity acts. Small, because it stands in every activity's input."""

    session_id: str
    run: int
    flow: str
    project_id: int
    project_path: str
    branch: str
    requester_id: int
    requester: str
    definition_ref: str
    privileges: tuple[str, ...]
    tools_deny: tuple[str, ...] = ()
    tools_allow: tuple[str, ...] | None = None
    merge_request_iid: int | None = None
    issue_iid: int | None = None

    @property
    def note_target(self) -> NoteTarget | None:
        """Return where people follow the session in GitLab, or None where it has no item."""
        return note_target_of(self.project_id, merge_request_iid=self.merge_request_iid, issue_iid=self.issue_iid)
