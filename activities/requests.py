"""Questions to the requester: putting them, proving who answers, finding what was missed, replying."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from temporalio import activity
from typing_extensions import override

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH, digest_of
from duo_flows.domain.changes import Change
from duo_flows.domain.commands import ANSWERS, Command, parse_command
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import HumanInputComponent
from duo_flows.domain.people import Person
from duo_flows.domain.pipelines import Note
from duo_flows.domain.received import ReceivedAnswer, note_event
from duo_flows.domain.redaction import redact_each_line, redact_value
from duo_flows.domain.requests import Act, Choice, Request, RequestKind, fitting_choices
from duo_flows.domain.shown_whole import shown_diff
from duo_flows.domain.steering import may_steer
from signals.messages import Answer, Pause, Resume, Stop
from signals.signatures import is_signed

from .answer_texts import quoted
from .asking import Showing, put_question
from .boundary import bounded
from .call_questions import put_question_about_calls
from .contracts import Ask, AskAboutCalls, Asked, CallsAsked, FindMissed, Missed, Prove, Proven, Reply, RequestContract, Scope
from .deps import Deps
from .question_texts import code_block, diff_block

# GitLab refuses notes over a million characters, and nobody reads one over this length.
_NOTE_DIFF_MAX = 60_000


class RequestActivities(RequestContract):
    """Questions to the requester, over the ports."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @override
    @activity.defn(name="ask_requester")
    @bounded
    async def ask_requester(self, task: Ask) -> Asked:
        definition = await self._deps.definition(task.scope.definition_ref)
        component = definition.component(task.component)
        if not isinstance(component, HumanInputComponent):
            raise NeverAgain(f"{task.component!r} asks nobody.", code="invalid_definition")
        # Each value for itself: none may begin a secret that another one ends, and hide what stands between them.
        variables = redact_value(await self._deps.loaded(task.inputs))
        message = redact_each_line(self._deps.flow_files.render(component.message_template, variables)).strip()
        told = quoted(component, message, await self._deps.loaded(task.answer))
        shown = f"{told.shown}\n\n{message}" if told.shown else message
        change = await self._deps.loaded(task.change)
        kind = RequestKind.INPUT if component.interaction_type == "input" else RequestKind.APPROVAL
        # A change shows more than what was said of it.
        whole_ref = await self._deps.put_text(told.whole) if told.whole and change is None else ""
        request = _request(task, shown, change, kind, whole_ref=whole_ref)
        return await put_question(self._deps, task.scope, request, Showing(component=task.component))

    @override
    @activity.defn(name="ask_about_calls")
    @bounded
    async def ask_about_calls(self, task: AskAboutCalls) -> CallsAsked:
        return CallsAsked(asked=await put_question_about_calls(self._deps, task))

    @override
    @activity.defn(name="prove_act")
    @bounded
    async def prove_act(self, task: Prove) -> Proven:
        message = task.message
        if message is None:
            return Proven(objection="The message says nothing.", code="empty")
        objection = self._objection(message, task.workflow_id)
        if objection:
            return Proven(objection=objection[1], code=objection[0], actor=message.actor)
        person = await self._person(message)
        if isinstance(person, Proven):
            return person
        received_at = message.received_at if message.signature and message.received_at else task.first_seen_at
        act = _act(task, person, received_at) if task.answer else None
        return Proven(
            act=act,
            actor_id=person.id,
            actor=person.username,
            received_at=received_at,
            may_steer=task.answer is None and await self._may_steer(task.scope, person),
        )

    def _objection(self, message: Answer | Stop | Pause | Resume, workflow_id: str) -> tuple[str, str] | None:
        if not message.signature:
            return None if self._deps.allow_unsigned else ("unsigned", "Answers sent to Temporal by hand do not count here.")
        if not is_signed(message, self._deps.signing_key):
            return "forged", "The message carries a signature that is not ours."
        if message.workflow_id != workflow_id:
            return "other_workflow", "The message was signed for another run."
        return None

    async def _person(self, message: Answer | Stop | Pause | Resume) -> Person | Proven:
        who = message.actor_id if message.signature and message.actor_id is not None else message.actor
        if not who:
            return Proven(objection="The message does not say who acts: set `actor` to a username.", code="actor_missing")
        person = await self._deps.forge.person(who)
        if not person.may_decide:
            return Proven(objection=f"@{person.username} is a bot or blocked, and decides nothing.", code="not_a_person")
        return person

    async def _may_steer(self, scope: Scope, person: Person) -> bool:
        level = await self._deps.forge.access_level(scope.project_id, person.id)
        return may_steer(person, level, requester_id=scope.requester_id)

    @override
    @activity.defn(name="find_missed_answers")
    @bounded
    async def find_missed_answers(self, task: FindMissed) -> Missed:
        everybody = [*await self._from_inbox(task), *await self._from_notes(task)]
        # Comments and deliveries name people without telling whether they are blocked, or bots.
        people = {act.actor_id: await self._deps.forge.person(act.actor_id) for act, _ in everybody}
        found = [pair for pair in everybody if people[pair[0].actor_id].may_decide]
        found.sort(key=lambda pair: (pair[0].received_at, pair[0].event_id))
        return Missed(
            acts=tuple(act for act, _ in found), note_ids={act.event_id: note_id for act, note_id in found if note_id is not None}
        )

    async def _from_inbox(self, task: FindMissed) -> list[tuple[Act, int | None]]:
        deliveries = await self._deps.inbox.waiting_for_session(task.scope.session_id, received_by=task.request.deadline)
        found: list[tuple[Act, int | None]] = []
        for delivery in deliveries:
            try:
                received = ReceivedAnswer.model_validate(delivery.body)
            except ValidationError:
                continue  # a delivery of another kind
            if received.workflow_id == task.workflow_id:
                found.append((received.as_act(delivery.received_at), received.note_id))
        return found

    async def _from_notes(self, task: FindMissed) -> list[tuple[Act, int | None]]:
        target = task.scope.note_target
        if target is None:
            return []
        notes = await self._deps.forge.notes(target, since=task.asked_at)
        return [(act, note.id) for note in notes if (act := self._act_of(note, task)) is not None]

    def _act_of(self, note: Note, task: FindMissed) -> Act | None:
        command = parse_command(note.body, account=self._deps.account.username)
        if not isinstance(command, Command) or command.verb not in ANSWERS or not task.request.digest.startswith(command.digest):
            return None
        if note.is_system or note.created_at > task.request.deadline:
            return None
        return Act(
            event_id=note_event(task.scope.project_id, note.id),
            actor_id=note.author.id,
            actor=note.author.username,
            door="gitlab",
            received_at=note.created_at,
            choice=ANSWERS[command.verb],
            digest=command.digest,
            text=command.text,
            is_edited=note.is_edited,
        )

    @override
    @activity.defn(name="reply_to_note")
    @bounded
    async def reply_to_note(self, task: Reply) -> None:
        target = task.scope.note_target
        if target is None:
            return
        note = await self._deps.forge.note(target, task.note_id)
        text = task.text
        if task.change_ref:
            text = f"{text}\n\n{await self._shown_in_full(task)}"
        await self._deps.forge.post_note(target, text, marker=f"reply-{task.note_id}", reply_to=note)

    async def _shown_in_full(self, task: Reply) -> str:
        if task.kind is RequestKind.TOOL_CALLS:
            return code_block(await self._deps.text(task.change_ref), language="json", limit=_NOTE_DIFF_MAX)
        if task.is_text:
            return code_block(await self._deps.text(task.change_ref), language="text", limit=_NOTE_DIFF_MAX)
        change = Change.model_validate_json(await self._deps.contents.get(task.change_ref))
        return diff_block(shown_diff(change.diff), limit=_NOTE_DIFF_MAX)


def _request(task: Ask, message: str, change: Any, kind: RequestKind, *, whole_ref: str) -> Request:
    digest, change_ref = _subject(task, message, change, whole_ref)
    return Request(
        id=digest_of([task.scope.session_id, task.scope.run, task.step])[:DIGEST_PREFIX_LENGTH],
        requester_id=task.scope.requester_id,
        requester=task.scope.requester,
        digest=digest,
        deadline=task.deadline,
        message=message,
        change_ref=change_ref,
        is_text=bool(whole_ref),
        kind=kind,
        choices=_choices(task, kind, change_ref, is_cut=bool(whole_ref)),
    )


def _choices(task: Ask, kind: RequestKind, change_ref: str, *, is_cut: bool) -> tuple[Choice, ...]:
    choices = task.choices or fitting_choices(kind, has_change=bool(change_ref))
    # What is shown in part can be read whole, whatever else the flow offers.
    return choices if not is_cut or Choice.DIFF in choices else (*choices, Choice.DIFF)


def _subject(task: Ask, message: str, change: Any, whole_ref: str) -> tuple[str, str]:
    """Return (digest, reference of the whole); where nothing is to be applied the question itself is what is answered."""
    if change is None:
        question = {"session": task.scope.session_id, "run": task.scope.run, "step": task.step, "question": message}
        return digest_of({**question, "whole": whole_ref} if whole_ref else question), whole_ref
    try:
        return str(change["digest"]), str(change["ref"])
    except (KeyError, TypeError):
        raise NeverAgain(
            f"`change` of {task.component} does not name a stored change; it has to lead to the `change` of propose_change.",
            code="invalid_definition",
        ) from None


def _act(task: Prove, person: Person, received_at: datetime) -> Act:
    answer = task.answer
    if answer is None:
        raise Refused("This is not an answer.", code="not_an_answer")
    return Act(
        event_id=task.event_id,
        actor_id=person.id,
        actor=person.username,
        door=answer.door if answer.signature else "temporal",
        received_at=received_at,
        choice=answer.choice,
        digest=answer.digest,
        request_id=answer.request_id,
        text=answer.text,
        is_edited=answer.is_edited,
    )
