"""The play: the chapters of the journey, in order, each told from what is really there."""

from __future__ import annotations

import asyncio

from duo_flows.bootstrap.embedded.layout import Layout
from duo_flows.cli import views
from duo_flows.cli.answering import Given
from duo_flows.cli.client import Api, Json
from duo_flows.cli.failures import CommandError, ExitCode, exit_code_of
from duo_flows.cli.observer import Observer
from duo_flows.cli.output import is_terminal
from duo_flows.cli.watch import choose
from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import FINAL_STATUSES, SessionStatus

from . import telling
from .doors import DoorName, open_door
from .ending import read_outcome
from .narrator import Narrator
from .trouble import find_scene

_LOOK_AGAIN_SECONDS = 0.3
# Whatever changes without a new line of the log is seen this much later.
_LOG_WAIT_SECONDS = 2.0
# A worker rules on an answer within a second; this is for a comment's way through GitLab and its hook.
_RULING_PATIENCE_SECONDS = 30.0


class Play:
    """One performance."""

    def __init__(self, layout: Layout, api: Api, gitlab: Observer, *, door: DoorName) -> None:
        cast = layout.cast
        self._layout = layout
        self._api = api
        self._gitlab = gitlab
        self._door = open_door(door, api, gitlab, token=cast.developer.token, account=cast.account.username)
        self._narrator = Narrator()
        self._seen = 0
        self._answered: set[str] = set()

    async def perform(self) -> ExitCode:
        """Play from the failing pipeline to the end; return 0 only for a green one."""
        scene = await find_scene(self._gitlab)
        telling.tell_scene(self._narrator, scene)
        if scene.failed_job is None:
            self._narrator.tell("Nothing fails here, so there is nothing to ask for.")
            return ExitCode.SESSION_FAILED
        self._narrator.chapter(f"{self._developer} asks for a fix")
        self._narrator.start_clock()
        done, session_id = await self._door.ask(scene.trouble)
        self._narrator.tell(done)
        self._narrator.tell(f"Session {session_id} has started.")
        await self._go_through(session_id)
        outcome = await read_outcome(self._layout, self._api, self._gitlab, session_id=session_id, scene=scene)
        telling.tell_outcome(self._narrator, scene, outcome, seconds=self._narrator.seconds())
        telling.tell_links(self._narrator, scene, outcome)
        return ExitCode.OK if outcome.is_green else _not_green(outcome.session)

    @property
    def _developer(self) -> str:
        return self._layout.cast.developer.username.capitalize()

    async def _go_through(self, session_id: str) -> None:
        """Follow the session to its end, through as many questions as it asks."""
        self._narrator.chapter("The agent reads and thinks")
        while True:
            session = await self._next_stop(session_id)
            if session["status"] in FINAL_STATUSES:
                return
            await self._consent(session)
            self._narrator.chapter("The flow goes on")

    async def _next_stop(self, session_id: str) -> Json:
        """Tell the session log until the session asks something unanswered, or is over; return the session then."""
        while True:
            page = await self._api.log(session_id, after=self._seen, wait_seconds=_LOG_WAIT_SECONDS)
            for entry in page["entries"]:
                self._narrator.show(views.brief_log_line(entry))
            self._seen = int(page["next_after"])
            session = await self._api.session(session_id)
            if page["is_over"] or self._asks(session):
                return session

    def _asks(self, session: Json) -> bool:
        waiting = session["waiting"] or {}
        return bool(waiting.get("choices")) and waiting["request_id"] not in self._answered

    async def _consent(self, session: Json) -> None:
        waiting = session["waiting"]
        self._narrator.chapter(f"{self._developer} is asked")
        self._narrator.show(views.question_text(waiting["question"]))
        self._narrator.tell(f"Consent is to exactly this change: its digest is {waiting['digest'][:DIGEST_PREFIX_LENGTH]}….")
        if not is_terminal():
            await self._others_may_not(session)
        given = await self._decision(session)
        self._narrator.tell(await self._door.answer(session, given), style="green")
        await self._until_ruled(session)

    async def _others_may_not(self, session: Json) -> None:
        """Let everybody else of the story try to answer in the developer's place, and tell what they are told."""
        cast = self._layout.cast
        body = {"choice": Choice.APPLY.value, "digest": session["waiting"]["digest"]}
        for person in cast.people:
            if person == cast.developer or person.is_admin:
                continue
            async with Api(self._api.url, person.token) as api:
                try:
                    await api.act(session["id"], "answer", body, idempotency_key="not-mine")
                except CommandError as refusal:
                    self._narrator.tell(f"@{person.username} tries to answer: {refusal}", style="dim")
                else:
                    self._narrator.tell(f"@{person.username} was let through, which must not be.", style="bold red")

    async def _decision(self, session: Json) -> Given:
        waiting = session["waiting"]
        if not is_terminal():
            return Given(choice=Choice.APPLY, digest=waiting["digest"], request_id=waiting["request_id"])
        return await choose(self._api, session)

    async def _until_ruled(self, session: Json) -> None:
        """Wait until the question is closed, by whatever door the answer went."""
        request_id = session["waiting"]["request_id"]
        for _ in range(int(_RULING_PATIENCE_SECONDS / _LOOK_AGAIN_SECONDS)):
            now = (await self._api.session(session["id"]))["waiting"] or {}
            if now.get("request_id") != request_id:
                self._answered.add(request_id)
                return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        self._narrator.tell("The question is still open; look at the comments above for the reason.", style="yellow")


def _not_green(session: Json) -> ExitCode:
    """Return what the shell is told of a story that ends without a green pipeline."""
    told = exit_code_of(SessionStatus(session["status"]))
    return ExitCode.SESSION_FAILED if told is ExitCode.OK else told
