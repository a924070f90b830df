"""What each kind of delivery means, and who works on it."""

from __future__ import annotations

import asyncio

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.inbox import Delivery, DeliveryKind
from duo_flows.domain.received import ReceivedAnswer

from .answers import signal_or_refuse
from .comments import Comments
from .events import DeliveryEvent
from .failed_pipelines import FailedPipelines
from .hook_payloads import NoteHint, PipelineHint
from .services import DoorServices


class Deliveries:
    """Works on one delivery at a time."""

    def __init__(self, services: DoorServices) -> None:
        self._services = services
        starting = asyncio.Lock()
        self._comments = Comments(services, starting=starting)
        self._pipelines = FailedPipelines(services, starting=starting)

    async def work_on(self, delivery: Delivery) -> str:
        """Do what the delivery asks for; return what became of it, in a few words.

        Raises:
            TryAgain: something outside is away; nothing that was done is lost or done twice.
            NeverAgain: it cannot be done.
        """
        match delivery.event:
            case DeliveryEvent.NOTE:
                return await self._noticed(NoteHint.model_validate(delivery.body))
            case DeliveryEvent.COMMAND:
                return await self._comments.obey(NoteHint.model_validate(delivery.body))
            case DeliveryEvent.PIPELINE:
                return await self._pipelines.moved(PipelineHint.model_validate(delivery.body))
            case DeliveryEvent.ANSWER:
                return await self._answered(delivery)
            case DeliveryEvent.STEERING:
                return "kept for its key"
        raise NeverAgain(f"Nobody works on deliveries of event {delivery.event!r}.", code="unknown_event")

    async def _noticed(self, hint: NoteHint) -> str:
        """Keep a command that a hook told of as a delivery of its own, so that a comment acts once however it is found."""
        command = await self._comments.command_in(hint, kind=DeliveryKind.HOOK)
        if command is None:
            return "no command"
        _kept, is_new = await self._services.inbox.put(command)
        return "kept as a command" if is_new else "known already"

    async def _answered(self, delivery: Delivery) -> str:
        answer = ReceivedAnswer.model_validate(delivery.body)
        session = await self._services.sessions.session(delivery.session_id)
        refusal = await signal_or_refuse(self._services, session, answer, received_at=delivery.received_at)
        return refusal.code if refusal else "signalled"
