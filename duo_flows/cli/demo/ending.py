"""The end of the story, read back: the session's account of itself, what stands in GitLab, and what Temporal remembers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import httpx2

from duo_flows.bootstrap.embedded.layout import Layout
from duo_flows.cli.client import Api, Json
from duo_flows.cli.observer import Observer

from .trouble import Scene, finished_pipeline

_TIMEOUT_SECONDS = 10.0
_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What there is at the end. `commit` and `pipeline` are None where nothing was pushed."""

    session: Json
    entries: list[Json]
    workflow: Json
    commit: Json | None
    pipeline: Json | None
    jobs: list[Json]
    comments: list[str]

    @property
    def is_green(self) -> bool:
        """Tell whether a new commit stands on the branch and its own pipeline passed, by GitLab's word."""
        return self.commit is not None and self.pipeline is not None and self.pipeline["status"] == "success"


async def read_outcome(layout: Layout, api: Api, gitlab: Observer, *, session_id: str, scene: Scene) -> Outcome:
    """Return what came of the session."""
    session = await api.session(session_id)
    head = await gitlab.commit(str(scene.merge_request["source_branch"]))
    has_commit = head["id"] != scene.merge_request["sha"]
    pipeline = await finished_pipeline(gitlab, str(head["id"])) if has_commit else None
    return Outcome(
        session=session,
        entries=await _whole_log(api, session_id),
        workflow=await _workflow(layout, str(session["workflow_id"])),
        commit=head if has_commit else None,
        pipeline=pipeline,
        jobs=await gitlab.jobs(int(pipeline["id"])) if pipeline else [],
        comments=await _comments(gitlab, int(scene.merge_request["iid"]), by=layout.cast.account.username),
    )


async def _comments(gitlab: Observer, merge_request_iid: int, *, by: str) -> list[str]:
    """Return the first line of each comment that the account wrote."""
    notes = await gitlab.notes(merge_request_iid)
    own = (str(note["body"]) for note in notes if note["author"]["username"] == by and not note["system"])
    return [next((line for line in body.splitlines() if line and not line.startswith("<!--")), "") for body in own]


async def _whole_log(api: Api, session_id: str) -> list[Json]:
    entries: list[Json] = []
    while True:
        page = await api.log(session_id, after=entries[-1]["seq"] if entries else 0, limit=_PAGE)
        entries += page["entries"]
        if len(page["entries"]) < _PAGE:
            return entries


async def _workflow(layout: Layout, workflow_id: str) -> Json:
    """Return what Temporal says of the workflow: the description that its own UI shows."""
    url = f"{layout.temporal_ui_url}/api/v1/namespaces/default/workflows/{quote(workflow_id, safe='')}"
    async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        response = await client.get(url)
    described: Json = response.json() if response.is_success else {}
    info: Json = described.get("workflowExecutionInfo", {})
    return info
