"""Opening a session: who asks and whether they may, where it starts, and which definition it freezes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, NotFound, Refused, TryAgain
from duo_flows.domain.flow_context import initial_context
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.instance import GitLabInstance
from duo_flows.domain.people import ACCESS_TO_START, Person, Project
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.policy import ProjectPolicy, project_flow_path
from duo_flows.domain.project_files import read_policy
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import (
    SESSION_WORKFLOW_PREFIX,
    Ending,
    LogKind,
    NewLogEntry,
    NewSession,
    Session,
    SessionStatus,
    SessionUpdate,
    as_summary,
    workflow_id_of,
)
from signals.messages import StartFlow
from signals.signatures import is_signed

from .contracts import OpenedSession, OpenSession
from .deps import Deps
from .given_inputs import Beginning, checked_inputs, known_inputs
from .starting_points import find_starting_point

# A door registers a session within milliseconds of starting its run. If it has not after some seconds, it died in between.
_ATTEMPTS_TO_FIND_A_SESSION = 5


class Opening:
    """Opens the session of a workflow that has just started."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def open(self, task: OpenSession) -> OpenedSession:
        """Return the open session.

        Raises:
            Refused: the start is not a door's and may not count, or the requester may not start a flow there.
            NeverAgain: there is no such project, pipeline or flow, or the flow cannot be run.

        Effects: one session in the store, or the end of the one that a door registered; safe to repeat.
        """
        start = self._trusted(task)
        try:
            return await self._opened(task, start)
        except (Refused, NeverAgain) as error:
            await self._fail_unopened(start, str(error))
            raise

    async def _fail_unopened(self, start: StartFlow, reason: str) -> None:
        """End the session that a door has registered for a run that cannot begin; nothing else would ever tell its people.

        Raises:
            TryAgain: the door has not registered it yet.
        """
        if not start.session_id:
            return
        text = redact(reason)
        entry = NewLogEntry(key=f"run{start.run}/ending", kind=LogKind.ENDING, text=text, data={"ending": Ending.FAULT})
        update = SessionUpdate(
            session_id=start.session_id,
            run=start.run,
            status=SessionStatus.FAILED,
            ending=Ending.FAULT,
            summary=as_summary(text),
            entries=(entry,),
        )
        await self._tell_unopened(start, text)
        try:
            await self._deps.sessions.update(update)
        except NotFound:
            if activity.info().attempt < _ATTEMPTS_TO_FIND_A_SESSION:
                raise TryAgain("The door has started this run and not registered its session yet.") from None

    async def _tell_unopened(self, start: StartFlow, text: str) -> None:
        """Tell on the merge request, if that is known, that the run could not begin; whoever asked there waits there."""
        if start.merge_request_iid is None or not isinstance(start.project, int):
            return
        target = NoteTarget(project_id=start.project, kind=TargetKind.MERGE_REQUEST, iid=start.merge_request_iid)
        try:
            await self._deps.forge.post_note(target, text, marker=f"ending-{start.session_id}-{start.run}")
        except (Refused, NeverAgain) as error:
            # The merge request may be what is wrong; the session says the reason all the same.
            activity.logger.warning("No note about a session that could not be opened: %s", error)

    async def _opened(self, task: OpenSession, start: StartFlow) -> OpenedSession:
        requester, project = await self._who_and_where(start)
        point = await find_starting_point(self._deps.forge, project, start, gitlab_url=self._deps.gitlab_url)
        policy = await read_policy(self._deps.forge, self._deps.flow_files, project)
        known = await self._deps.sessions.session_of_workflow(task.workflow_id, execution_id=task.execution_id)
        definition, definition_ref = await self._frozen(known, task.flow, start, project)
        beginning = Beginning(task=task, start=start, definition=definition, requester=requester, project=project, point=point)
        inputs = checked_inputs(definition, start, await known_inputs(self._deps, beginning))
        session = await self._register(beginning, definition_ref)
        await self._tell_started(beginning, session)
        if session.definition_ref != definition_ref:
            # Another try of this activity was first; what it froze is what this session runs.
            definition = await self._deps.definition(session.definition_ref)
            beginning = replace(beginning, definition=definition)
        context = await self._context(task, start, session, project, inputs)
        return _opened_session(beginning, session, policy, self._deps, context=context)

    def _trusted(self, task: OpenSession) -> StartFlow:
        start = task.start
        if is_signed(start, self._deps.signing_key):
            _refuse_replayed(task, start)
            return start
        if start.signature:
            raise Refused("The start carries a signature that is not ours.", code="forged")
        if not self._deps.allow_unsigned:
            raise Refused(
                "Flows are started through the API, the command line or GitLab here: this start is not signed by a door. "
                "The operator can allow unsigned starts with DUOFLOWS_ALLOW_UNSIGNED.",
                code="unsigned",
            )
        if task.workflow_id.startswith(SESSION_WORKFLOW_PREFIX):
            raise Refused(
                f"Workflow ids that begin with {SESSION_WORKFLOW_PREFIX!r} are given by doors; take another one.",
                code="reserved_id",
            )
        # What only a door may say is not believed of anybody else.
        return start.model_copy(update={"session_id": "", "run": 1, "trigger": "temporal"})

    async def _who_and_where(self, start: StartFlow) -> tuple[Person, Project]:
        requester = await self._deps.forge.person(start.requester)
        project = await self._deps.forge.project(start.project)
        if not requester.may_decide:
            raise Refused(f"@{requester.username} is a bot or blocked; flows act for people.", code="not_a_person")
        level = await self._deps.forge.access_level(project.id, requester.id)
        if level < ACCESS_TO_START:
            raise Refused(
                f"@{requester.username} needs Developer access to {project.path} to start a flow there.",
                code="requester_lacks_access",
            )
        return requester, project

    async def _definition_text(self, flow: str, start: StartFlow, project: Project) -> tuple[str, bool]:
        if start.definition:
            return start.definition, True
        built_in = self._deps.flow_files.catalogue_text(flow)
        if built_in is not None:
            return built_in, False
        path = project_flow_path(flow)
        try:
            file = await self._deps.forge.file(project.id, path, ref=project.default_branch)
        except NotFound:
            raise NeverAgain(
                f"There is no flow {flow!r}: it is not built in, and {project.path} has no {path} on {project.default_branch}.",
                code="no_such_flow",
            ) from None
        return file.text, True

    async def _frozen(self, known: Session | None, flow: str, start: StartFlow, project: Project) -> tuple[FlowDefinition, str]:
        """Return the definition that the session froze when it first opened, with its reference; today's where it froze none."""
        if known is not None and known.definition_ref:
            return await self._deps.definition(known.definition_ref), known.definition_ref
        text, is_custom = await self._definition_text(flow, start, project)
        definition = self._deps.flow_files.load(text, source=flow, is_custom=is_custom)
        return definition, await self._deps.contents.put(definition.model_dump_json().encode())

    async def _register(self, beginning: Beginning, definition_ref: str) -> Session:
        task, start, project, point = beginning.task, beginning.start, beginning.project, beginning.point
        kept = start.model_copy(update={"signature": "", "run": 1})
        new = NewSession(
            session_id=start.session_id,
            workflow_id=task.workflow_id,
            execution_id=task.execution_id,
            flow=task.flow,
            project_id=project.id,
            project_path=project.path,
            requester_id=beginning.requester.id,
            requester=beginning.requester.username,
            goal=start.goal,
            merge_request_iid=point.merge_request_iid,
            issue_iid=start.issue_iid,
            pipeline_id=point.pipeline_id,
            trigger=start.trigger,
            definition_ref=definition_ref,
            start_ref=await self._deps.contents.put(kept.model_dump_json().encode()),
        )
        return await self._deps.sessions.register(new)

    async def _tell_started(self, beginning: Beginning, session: Session) -> None:
        start, requester, branch = beginning.start, beginning.requester.username, beginning.point.branch
        where = f"{beginning.project.path} on {branch}" if branch else beginning.project.path
        entry = NewLogEntry(
            key=f"run{max(session.run, start.run)}/start",
            kind=LogKind.STATUS,
            text=f"@{requester} started {beginning.task.flow} in {where}.",
            actor=requester,
            door=start.trigger,
        )
        await self._deps.sessions.append(session.id, session.run, [entry])

    async def _version(self) -> str:
        try:
            return await self._deps.forge.version()
        except DuoFlowsError as error:
            # Few flows read it, and none is held up by a GitLab that keeps it to itself.
            activity.logger.warning("GitLab's version is not known: %s", error)
            return ""

    async def _context(
        self, task: OpenSession, start: StartFlow, session: Session, project: Project, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        return initial_context(
            goal=await self._deps.travelling(start.goal),
            project_id=project.id,
            project_http_url_to_repo=project.clone_url,
            current_date=f"{datetime.now(UTC):%Y-%m-%d}",
            workflow_id=task.workflow_id,
            session_url=self._deps.session_url(session.id),
            project_default_branch=project.default_branch,
            instance=GitLabInstance(url=self._deps.gitlab_url.rstrip("/"), version=await self._version()),
            inputs={name: await self._deps.travelling(value) for name, value in inputs.items()},
        )


def _opened_session(
    beginning: Beginning, session: Session, policy: ProjectPolicy, deps: Deps, *, context: dict[str, Any]
) -> OpenedSession:
    return OpenedSession(
        session_id=session.id,
        run=max(session.run, beginning.start.run),
        flow=beginning.task.flow,
        project_id=beginning.project.id,
        project_path=beginning.project.path,
        requester_id=beginning.requester.id,
        requester=beginning.requester.username,
        merge_request_iid=beginning.point.merge_request_iid,
        issue_iid=beginning.start.issue_iid,
        pipeline_id=beginning.point.pipeline_id,
        branch=beginning.point.branch,
        definition_ref=session.definition_ref,
        definition=beginning.definition.model_copy(update={"prompts": (), "response_schemas": ()}),
        privileges=policy.privileges_within(deps.privileges),
        tools_allow=policy.tools_allow,
        tools_deny=policy.tools_deny,
        limits=deps.limits,
        context=context,
    )


def _refuse_replayed(task: OpenSession, start: StartFlow) -> None:
    """Refuse a door's start that somebody has read from a history and started again as something else.

    Raises:
        Refused: the door signed it for another workflow or another flow.
    """
    if task.workflow_id != workflow_id_of(start.session_id, start.run) or task.flow != start.flow:
        raise Refused("The start was signed for another workflow; it counts only for that one.", code="other_workflow")
