"""Pipelines that move: running sessions are told to look, and a failed one starts a session where the project wants that."""

from __future__ import annotations

import asyncio

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import ACCESS_TO_START, Person
from duo_flows.domain.pipeline_items import merge_request_of
from duo_flows.domain.pipelines import Pipeline
from duo_flows.domain.project_files import read_policy
from duo_flows.domain.session_ids import session_id_of
from duo_flows.domain.sessions import SessionFilter, SessionStatus
from signals.messages import PipelineChanged
from signals.names import workflow_id_of

from .comment_acts import FIX_FLOW
from .hook_payloads import PipelineHint
from .services import DoorServices
from .starts import NewStart, active_session_of_pipeline, start_session

# A session that waits for a pipeline is at work in GitLab's words; one that waits for a person needs no hint.
_AT_WORK = (SessionStatus.CREATED, SessionStatus.RUNNING, SessionStatus.PAUSED)
_MAX_HINTED = 200


class FailedPipelines:
    """Acts on what hooks say of pipelines, after asking GitLab."""

    def __init__(self, services: DoorServices, *, starting: asyncio.Lock) -> None:
        self._services = services
        self._starting = starting

    async def moved(self, hint: PipelineHint) -> str:
        """Hint to sessions, and start one for a failed pipeline; return what was done.

        Effects: harmless signals; at most one session for a pipeline.
        """
        hinted = await self._hint(hint)
        started = await self._started(hint) if hint.status == "failed" else "not failed"
        return f"{hinted} hinted; {started}"

    async def _hint(self, hint: PipelineHint) -> int:
        which = SessionFilter(project_ids=(hint.project_id,), statuses=_AT_WORK, limit=_MAX_HINTED)
        concerned = [
            session
            for session in await self._services.sessions.sessions(which)
            if hint.merge_request_iid is None or session.merge_request_iid in {None, hint.merge_request_iid}
        ]
        message = PipelineChanged(project_id=hint.project_id, pipeline_id=hint.pipeline_id)
        for session in concerned:
            try:
                await self._services.temporal.pipeline_changed(session.workflow_id, message)
            except NotFound:
                continue
        return len(concerned)

    async def _started(self, hint: PipelineHint) -> str:
        try:
            async with self._starting:
                return await self._start(hint)
        except Refused as refusal:
            return refusal.code
        except NotFound:
            return "gone"

    async def _start(self, hint: PipelineHint) -> str:
        event = f"pipeline:{hint.project_id}:{hint.pipeline_id}"
        if await self._services.sessions.session_of_workflow(workflow_id_of(session_id_of(event), 1)):
            return "started already"
        project = await self._services.forge.project(hint.project_id)
        if not (await read_policy(self._services.forge, self._services.flow_files, project)).triggers.failed_pipeline:
            raise Refused("The project does not ask for sessions on failed pipelines.", code="not_opted_in")
        pipeline = await self._services.forge.pipeline(project.id, hint.pipeline_id)
        await self._require_worth_it(pipeline)
        merge_request = await merge_request_of(self._services.forge, pipeline)
        start = NewStart(
            event=event,
            trigger="pipeline",
            flow=FIX_FLOW,
            project=project,
            requester=await self._requester(pipeline),
            goal=pipeline.web_url,
            pipeline_id=pipeline.id,
            merge_request_iid=merge_request.iid if merge_request else None,
        )
        return f"started {(await start_session(self._services, start)).id}"

    async def _require_worth_it(self, pipeline: Pipeline) -> None:
        """Return if a session could help: a failed pipeline, the newest of its branch, over a commit that is not ours."""
        if pipeline.status != "failed":
            raise Refused("The pipeline has not failed.", code="not_failed")
        newest = await self._services.forge.pipelines(pipeline.project_id, ref=pipeline.ref, limit=1)
        if not newest or newest[0].id != pipeline.id:
            raise Refused("A newer pipeline runs on this branch.", code="not_newest")
        commit = await self._services.forge.commit(pipeline.project_id, pipeline.sha)
        account = await self._services.forge.account()
        # Otherwise a fix that fails would be fixed, for ever. The session that made it watches its pipeline itself.
        if commit.is_ours or account.username in {commit.author_name, commit.author_email.partition("@")[0]}:
            raise Refused("The commit was made by a session.", code="own_commit")
        if await active_session_of_pipeline(self._services, pipeline.project_id, pipeline.id):
            raise Refused("A session is at work on this pipeline.", code="active_already")

    async def _requester(self, pipeline: Pipeline) -> Person:
        """Return who started the pipeline; for a machine's, the person whom the operator named.

        Raises:
            Refused: nobody is named, or the person may not act in the project.
        """
        # GitLab mentions who started a pipeline without telling whether that is a bot; the user's own record does.
        person = await self._services.forge.person(pipeline.user.id) if pipeline.user else None
        if person is None or person.is_bot or pipeline.source == "schedule":
            named = self._services.settings.bot_pipeline_requester
            if not named:
                raise Refused("A machine started the pipeline, and nobody is named for such.", code="no_requester")
            person = await self._services.forge.person(named)
        level = await self._services.forge.access_level(pipeline.project_id, person.id)
        if not person.may_decide or level < ACCESS_TO_START:
            raise Refused("The person may not act in the project.", code="access_too_low")
        return person
