"""What each command in a comment does. Every act returns the reply to write, empty where the workflow replies itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.commands import ANSWERS, Command, Verb, help_text
from duo_flows.domain.errors import Refused, TryAgain
from duo_flows.domain.pipelines import MergeRequest, Note, Pipeline, TargetKind
from duo_flows.domain.received import Origin, ReceivedAnswer, note_event
from duo_flows.domain.session_ids import session_id_of
from duo_flows.domain.sessions import Session
from duo_flows.domain.steering import Steer
from signals.names import workflow_id_of

from .answers import signal_or_refuse
from .callers import require_person
from .questions import active_sessions_at, open_question_of, session_that_asked, sessions_at
from .rights import require_requester
from .services import DoorServices
from .starts import NewStart, active_session_of_pipeline, start_next_run, start_session
from .steering import steer_session

FIX_FLOW = "fix_pipeline"
DOOR = "gitlab"

# A person can answer before the question has reached the store; so young a comment is looked at again.
_QUESTION_LAG = timedelta(seconds=15)

Act = Callable[[Note, Command, str], Awaitable[str]]


def origin_of(note: Note) -> Origin:
    """Return who acts by a comment: its author, as GitLab says."""
    event = note_event(note.target.project_id, note.id)
    return Origin(event_id=event, actor=note.author.username, actor_id=note.author.id, door=DOOR)


class CommentActs:
    """The acts. Each may raise Refused, whose text is the reply.

    `starting` is held while a pipeline is looked at and a session started for it, so that two who ask at once get one session.
    """

    def __init__(self, services: DoorServices, *, starting: asyncio.Lock) -> None:
        self._services = services
        self._starting = starting
        self._table: Mapping[Verb, Act] = {
            Verb.FIX: self._fix,
            **dict.fromkeys((Verb.STOP, Verb.PAUSE, Verb.RESUME), self._steer),
            Verb.RETRY: self._retry,
            Verb.HELP: self._help,
            **dict.fromkeys(ANSWERS, self._answer),
        }

    async def act(self, note: Note, command: Command, *, account: str) -> str:
        """Do what the command says; return the reply."""
        return await self._table[command.verb](note, command, account)

    async def _help(self, _note: Note, _command: Command, account: str) -> str:
        return help_text(account)

    async def _fix(self, note: Note, _command: Command, _account: str) -> str:
        event = note_event(note.target.project_id, note.id)
        session = await self._services.sessions.session_of_workflow(workflow_id_of(session_id_of(event), 1))
        if session is None:
            async with self._starting:
                session = await self._start_fix(note, event)
        return (
            f"@{session.requester}, session `{session.id}` looks into pipeline {session.goal} for you. "
            "I will propose a fix here and change nothing before you say so."
        )

    async def _start_fix(self, note: Note, event: str) -> Session:
        await require_person(self._services, note.author, project_id=note.target.project_id)
        merge_request = await self._fixable(note)
        pipeline = await self._failed_pipeline(merge_request)
        active = await active_session_of_pipeline(self._services, pipeline.project_id, pipeline.id)
        if active is not None:
            raise Refused(
                f"Session `{active.id}` of @{active.requester} is at work on that pipeline already.", code="active_already"
            )
        start = NewStart(
            event=event,
            trigger="mention",
            flow=FIX_FLOW,
            project=await self._services.forge.project(note.target.project_id),
            requester=note.author,
            goal=pipeline.web_url,
            pipeline_id=pipeline.id,
            merge_request_iid=merge_request.iid,
        )
        return await start_session(self._services, start)

    async def _fixable(self, note: Note) -> MergeRequest:
        if note.target.kind is not TargetKind.MERGE_REQUEST:
            raise Refused("`fix` is about a pipeline; please write it in a merge request.", code="no_merge_request")
        merge_request = await self._services.forge.merge_request(note.target.project_id, note.target.iid)
        if merge_request.state != "opened":
            raise Refused(f"This merge request is {merge_request.state}; there is nothing to fix in it.", code="not_open")
        if merge_request.source_project_id != merge_request.project_id:
            raise Refused(
                "This merge request comes from a fork, where I cannot push. Please ask for a fix in a branch of this project.",
                code="fork",
            )
        return merge_request

    async def _failed_pipeline(self, merge_request: MergeRequest) -> Pipeline:
        # A merged result has a commit of its own, which is not the branch's.
        merged = f"refs/merge-requests/{merge_request.iid}/merge"
        pipelines = [
            *await self._services.forge.pipelines(merge_request.project_id, sha=merge_request.sha),
            *await self._services.forge.pipelines(merge_request.project_id, ref=merged, limit=1),
        ]
        failed = next((pipeline for pipeline in pipelines if pipeline.status == "failed"), None)
        if failed is not None:
            return failed
        newest = f"The newest is {pipelines[0].status}." if pipelines else "There is none."
        raise Refused(
            f"No pipeline of this merge request's present commit has failed. {newest} Please ask again when one has.",
            code="no_failed_pipeline",
        )

    async def _answer(self, note: Note, command: Command, account: str) -> str:
        session = await session_that_asked(self._services, note, digest=command.digest)
        if session is None:
            raise await self._unasked(note, command, account)
        answer = ReceivedAnswer(
            **origin_of(note).model_dump(),
            workflow_id=session.workflow_id,
            choice=ANSWERS[command.verb],
            digest=command.digest,
            text=command.text,
            note_id=note.id,
        )
        refusal = await signal_or_refuse(self._services, session, answer, received_at=note.created_at)
        return f"@{note.author.username} {refusal.reason}" if refusal else ""

    async def _unasked(self, note: Note, command: Command, account: str) -> Refused | TryAgain:
        """Return why nobody asked what the comment answers, or that it is too early to tell."""
        is_young = self._services.clock() - note.created_at < _QUESTION_LAG
        if is_young and await active_sessions_at(self._services, note.target):
            return TryAgain("The question that this comment answers has not been recorded yet.")
        question = await open_question_of(self._services, note)
        if question is None:
            return Refused("There is no open question here. Nothing was changed.", code="no_question")
        line = f"@{account} {command.verb} {question.digest[:DIGEST_PREFIX_LENGTH]}"
        given = command.digest[:DIGEST_PREFIX_LENGTH]
        return Refused(
            f"No question here has the digest {given}. Nothing was changed. If you have looked at the present one, please copy "
            f"this line into a new comment:\n\n```text\n{line}\n```",
            code="stale_digest",
        )

    async def _steer(self, note: Note, command: Command, _account: str) -> str:
        session = _only(await active_sessions_at(self._services, note.target), command)
        result = await steer_session(
            self._services,
            session,
            Steer(command.verb),
            person=note.author,
            origin=origin_of(note),
            reason=f"@{note.author.username} said so in a comment.",
        )
        return f"Session `{session.id}`: {result.reason}"

    async def _retry(self, note: Note, command: Command, _account: str) -> str:
        own = [one for one in await sessions_at(self._services, note.target) if one.requester_id == note.author.id]
        named = [one for one in own if command.text in {"", one.id}]
        if not named:
            raise Refused("You have no session here that could be retried.", code="no_session")
        session = named[0]
        await require_requester(self._services, session, note.author)
        retried = await start_next_run(self._services, session, event=note_event(note.target.project_id, note.id))
        return f"Session `{session.id}` begins again: run {retried.run}."


def _only(sessions: list[Session], command: Command) -> Session:
    chosen = [session for session in sessions if command.text in {"", session.id}]
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise Refused("No such session is at work here.", code="no_session")
    ids = ", ".join(f"`{session.id}`" for session in chosen)
    raise Refused(f"Several sessions are at work here: {ids}. Please say which: `{command.verb} <id>`.", code="which_session")
