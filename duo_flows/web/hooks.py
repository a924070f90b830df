"""`POST /hooks/gitlab`: proves that GitLab sends, keeps what it tells of in the inbox, and answers. Everything else comes after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from duo_flows.domain.errors import Refused, TryAgain
from duo_flows.domain.inbox import DeliveryKind, NewDelivery

from .events import DeliveryEvent
from .hook_payloads import NoteHint, PipelineHint, hint_of, project_of
from .hook_secrets import HookSecrets, check_hook
from .metrics import DoorMetrics
from .problems import problem
from .services import DoorServices

# A pipeline with thousands of jobs is told of in megabytes; nothing real is larger than this.
_MAX_BODY_BYTES = 5 * 1024 * 1024
# GitLab's keys are UUIDs; a longer one is not GitLab's and must not fill the inbox.
_MAX_KEY_LENGTH = 128


class HookAnswer(BaseModel):
    """What became of a delivery: kept, known already, or nothing for us."""

    status: Literal["accepted", "duplicate", "ignored"]


def hooks_router(services: DoorServices, *, metrics: DoorMetrics, wake: Callable[[], None]) -> APIRouter:
    """Return the route of GitLab's hooks; `wake` is called when there is something to work on."""
    router = APIRouter(tags=["hooks"])
    secrets = HookSecrets(services.settings.hook_secrets_dir)

    @router.post("/hooks/gitlab", response_model=HookAnswer)
    async def receive_hook(request: Request) -> Any:
        """Take a GitLab webhook: comments and pipelines. Its project's secret has to prove it."""
        try:
            answer = await _received(request, services, secrets)
        except Refused as refusal:
            metrics.hooks.labels(result="refused").inc()
            return problem(413 if refusal.code == "too_large" else 401, refusal.code, str(refusal))
        except TryAgain as fault:
            metrics.hooks.labels(result="failed").inc()
            return problem(503, "try_again", str(fault))
        metrics.hooks.labels(result=answer.status).inc()
        if answer.status == "accepted":
            wake()
        return JSONResponse(answer.model_dump())

    return router


async def _received(request: Request, services: DoorServices, secrets: HookSecrets) -> HookAnswer:
    body = await _body(request)
    payload = _parsed(body)
    project_id = project_of(payload)
    check_hook(request.headers, body, secrets=secrets.of(project_id), now=services.clock())
    hint = hint_of(payload)
    if hint is None:
        return HookAnswer(status="ignored")
    key = f"hook:{project_id}:{_delivery_key(request, body)}"
    _delivery, is_new = await services.inbox.put(_new_delivery(key, hint, project_id, services))
    return HookAnswer(status="accepted" if is_new else "duplicate")


def _new_delivery(key: str, hint: NoteHint | PipelineHint, project_id: int, services: DoorServices) -> NewDelivery:
    return NewDelivery(
        key=key,
        kind=DeliveryKind.HOOK,
        event=DeliveryEvent.NOTE if isinstance(hint, NoteHint) else DeliveryEvent.PIPELINE,
        project_id=project_id,
        body=hint.model_dump(mode="json"),
        received_at=services.clock(),
    )


async def _body(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > _MAX_BODY_BYTES:
            raise Refused("The hook's body is larger than 5 MiB.", code="too_large")
    return bytes(received)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("The hook is refused: its body is not JSON.", code="forged_hook") from None


def _delivery_key(request: Request, body: bytes) -> str:
    """Return what makes two deliveries the same. The signed id comes first: the other header could be changed in a replay."""
    given = request.headers.get("webhook-id") or request.headers.get("idempotency-key", "")
    return given if 0 < len(given) <= _MAX_KEY_LENGTH else hashlib.sha256(body).hexdigest()
