"""Comments that command: read again from GitLab, judged, obeyed or answered. What a hook said of them counts for nothing."""

from __future__ import annotations

import asyncio

from duo_flows.domain.commands import ANSWERS, Command, CommandProblem, parse_command
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.inbox import DeliveryKind, NewDelivery
from duo_flows.domain.people import Person
from duo_flows.domain.pipelines import Note
from duo_flows.domain.received import note_event
from duo_flows.domain.sessions import Session

from .answers import Refusal, log_refusal
from .comment_acts import CommentActs, origin_of
from .events import DeliveryEvent
from .hook_payloads import NoteHint
from .questions import open_question_of, session_that_asked
from .services import DoorServices

_EDITED = Refusal(
    code="edited_comment", reason="This comment was edited, so it does not count and nothing was changed; please write a new one."
)


class Comments:
    """Obeys commands in comments. The account that they address is asked of GitLab once."""

    def __init__(self, services: DoorServices, *, starting: asyncio.Lock | None = None) -> None:
        self._services = services
        self._acts = CommentActs(services, starting=starting or asyncio.Lock())
        self._account: Person | None = None
        self._asking = asyncio.Lock()

    async def account(self) -> Person:
        """Return the service account."""
        async with self._asking:
            if self._account is None:
                self._account = await self._services.forge.account()
        return self._account

    async def command_in(self, hint: NoteHint, *, kind: DeliveryKind) -> NewDelivery | None:
        """Return the delivery that a hinted comment is worth; None if it commands nothing."""
        try:
            note = await self._services.forge.note(hint.target, hint.note_id)
        except NotFound:
            return None
        return await self.command_of(note, kind=kind)

    async def command_of(self, note: Note, *, kind: DeliveryKind) -> NewDelivery | None:
        """Return the delivery that a comment is worth. Its key is the comment itself: it acts once, whoever found it."""
        understood = await self._understood(note)
        if understood is None:
            return None
        session = await self._asked_by(note, understood)
        return NewDelivery(
            key=note_event(note.target.project_id, note.id),
            kind=kind,
            event=DeliveryEvent.COMMAND,
            project_id=note.target.project_id,
            body=NoteHint(target=note.target, note_id=note.id).model_dump(mode="json"),
            session_id=session.id if session else "",
            received_at=note.created_at,
        )

    async def obey(self, hint: NoteHint) -> str:
        """Do what a comment says, and reply where no workflow will.

        Effects: at most one reply to the comment; what the command does, once.
        """
        note = await self._services.forge.note(hint.target, hint.note_id)
        understood = await self._understood(note)
        if understood is None:
            return "no command any more"
        outcome, reply = await self._done(note, understood)
        if reply:
            await self._services.forge.post_note(note.target, reply, marker=f"reply-{note.id}", reply_to=note)
        return outcome

    async def _done(self, note: Note, understood: Command | CommandProblem) -> tuple[str, str]:
        """Return (what became of it, the reply; empty if the workflow replies)."""
        account = (await self.account()).username
        if note.is_edited:
            await self._log_edited(note, understood)
            return _EDITED.code, _EDITED.reason
        if isinstance(understood, CommandProblem):
            question = await open_question_of(self._services, note)
            return understood.code, understood.advice(account=account, digest=question.digest if question else "")
        try:
            return str(understood.verb), await self._acts.act(note, understood, account=account)
        except Refused as refusal:
            return refusal.code, str(refusal)

    async def _understood(self, note: Note) -> Command | CommandProblem | None:
        """Return what a comment commands. Machines and closed accounts command nothing, and neither do we ourselves."""
        account = await self.account()
        if note.is_system or note.author.id == account.id:
            return None
        understood = parse_command(note.body, account=account.username)
        if understood is None:
            return None
        # A comment mentions its author without telling whether that is a bot; the user's own record does.
        author = await self._services.forge.person(note.author.id)
        return understood if author.may_decide else None

    async def _asked_by(self, note: Note, understood: Command | CommandProblem) -> Session | None:
        if not isinstance(understood, Command) or understood.verb not in ANSWERS:
            return None
        return await session_that_asked(self._services, note, digest=understood.digest)

    async def _log_edited(self, note: Note, understood: Command | CommandProblem) -> None:
        session = await self._asked_by(note, understood)
        if session is not None:
            await log_refusal(self._services, session, _EDITED, origin=origin_of(note))
