"""Emoji on issues, merge requests and their notes."""

from __future__ import annotations

import re

from simulators.gitlab import auth, hooks
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import not_found, refused
from simulators.gitlab.model import Access, Award, Issue, MergeRequest, Note, Project
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.threads import check_may_write, item_of, note_of

api = Api()
BASES = ("/projects/{project_id}/issues/{iid}", "/projects/{project_id}/merge_requests/{iid}")
_NAME = re.compile(r"[a-z0-9_+-]+")


def _target(call: Call) -> tuple[Project, Issue | MergeRequest, Note | None]:
    project, item = item_of(call)
    note = note_of(call, project, item)[1] if "note_id" in call.request.path_params else None
    return project, item, note


def _awardable(item: Issue | MergeRequest, note: Note | None) -> tuple[str, int]:
    return ("Note", note.id) if note else (shapes.type_name(item), item.id)


def _find(call: Call, awards: list[Award]) -> Award:
    number = call.segment_number("award_id")
    found = next((award for award in awards if award.id == number), None)
    if found is None:
        raise not_found("Award Emoji")
    return found


def list_emoji(call: Call) -> Response:
    """Emoji, oldest first."""
    _, item, note = _target(call)
    awards = (note or item).awards
    return page(call, awards, lambda award: shapes.award(call.simulator, award, _awardable(item, note)))


def get_emoji(call: Call) -> Response:
    """One emoji."""
    _, item, note = _target(call)
    return JSONResponse(shapes.award(call.simulator, _find(call, (note or item).awards), _awardable(item, note)))


def give_emoji(call: Call) -> Response:
    """Give an emoji; each once."""
    project, item, note = _target(call)
    check_may_write(call, project, item)
    name, awards = call.needed("name").strip(":"), (note or item).awards
    if not _NAME.fullmatch(name):
        raise refused("Name is not a valid emoji name")
    if any(award.name == name and award.user_id == call.me.id for award in awards):
        raise not_found("Award Emoji Name has already been taken")
    award = Award(call.state.next_id("award"), name, call.me.id, call.state.now())
    awards.append(award)
    hooks.awarded(call.simulator, project, item, note, award, action="award")
    return JSONResponse(shapes.award(call.simulator, award, _awardable(item, note)), status_code=201)


def take_emoji_back(call: Call) -> Response:
    """Take an emoji back: its giver, or a Maintainer."""
    project, item, note = _target(call)
    awards = (note or item).awards
    award = _find(call, awards)
    if award.user_id != call.me.id and auth.access_level(call.me, project) < Access.MAINTAINER:
        raise not_found("Award Emoji")
    awards.remove(award)
    hooks.awarded(call.simulator, project, item, note, award, action="revoke")
    return no_content()


for base in BASES:
    for path in (f"{base}/award_emoji", base + "/notes/{note_id}/award_emoji"):
        api.get(path)(list_emoji)
        api.post(path)(give_emoji)
        api.get(path + "/{award_id}")(get_emoji)
        api.delete(path + "/{award_id}")(take_emoji_back)
