"""Which matter a hook tells of: ids only. Texts, names, addresses and variables of a payload are never taken over.

A hook is a hint: whatever is decided later is decided on what GitLab answers when asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model
from duo_flows.domain.pipelines import NoteTarget, TargetKind

# GitLab's noteable types that a person can command us from, with the key under which the payload describes the target.
_TARGETS: Mapping[str, tuple[TargetKind, str]] = {
    "MergeRequest": (TargetKind.MERGE_REQUEST, "merge_request"),
    "Issue": (TargetKind.ISSUE, "issue"),
}
# A status is one of GitLab's short words; anything else is not taken over.
_WORD = re.compile(r"[a-z_]{1,40}")


class NoteHint(Model):
    """Somebody wrote or edited a comment."""

    target: NoteTarget
    note_id: int
    action: str = ""
    actor_id: int | None = None


class PipelineHint(Model):
    """A pipeline moved; `status` is what the hook says of it."""

    project_id: int
    pipeline_id: int
    status: str = ""
    merge_request_iid: int | None = None
    actor_id: int | None = None


def project_of(payload: Any) -> int:
    """Return the number of the project that a payload names.

    Raises:
        Refused: it names none.
    """
    project = _part(payload, "project").get("id")
    project_id = project if project is not None else _part(payload).get("project_id")
    if not _is_id(project_id):
        raise Refused("The body names no project.", code="forged_hook")
    return project_id


def hint_of(payload: Any) -> NoteHint | PipelineHint | None:
    """Return what the payload tells of; None if that is nothing for us."""
    kind = _part(payload).get("object_kind")
    if kind == "note":
        return _note_hint(payload)
    if kind == "pipeline":
        return _pipeline_hint(payload)
    return None


def _note_hint(payload: Any) -> NoteHint | None:
    note = _part(payload, "object_attributes")
    kind, key = _TARGETS.get(str(note.get("noteable_type")), (None, ""))
    iid = _part(payload, key).get("iid") if key else None
    # A comment that mentions nobody commands nobody; most comments end here, without a question to GitLab.
    is_for_us = kind is not None and not note.get("system") and "@" in str(note.get("note", ""))
    if kind is None or not is_for_us or not _is_id(iid) or not _is_id(note.get("id")):
        return None
    target = NoteTarget(project_id=project_of(payload), kind=kind, iid=iid)
    return NoteHint(target=target, note_id=note["id"], action=_word(note.get("action")), actor_id=_actor(payload))


def _pipeline_hint(payload: Any) -> PipelineHint | None:
    pipeline = _part(payload, "object_attributes")
    if not _is_id(pipeline.get("id")):
        return None
    iid = _part(payload, "merge_request").get("iid")
    return PipelineHint(
        project_id=project_of(payload),
        pipeline_id=pipeline["id"],
        status=_word(pipeline.get("status")),
        merge_request_iid=iid if _is_id(iid) else None,
        actor_id=_actor(payload),
    )


def _actor(payload: Any) -> int | None:
    actor = _part(payload, "user").get("id")
    return actor if _is_id(actor) else None


def _part(payload: Any, key: str = "") -> dict[str, Any]:
    part = payload.get(key) if key and isinstance(payload, dict) else payload
    return part if isinstance(part, dict) else {}


def _is_id(value: object) -> TypeGuard[int]:
    # A JSON true is an int in Python.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
