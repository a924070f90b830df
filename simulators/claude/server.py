"""The HTTP side: routes, who may ask, request ids, and the order of steps from a request to its answer."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from simulators.claude.catalogue import find_model, page_of_models
from simulators.claude.conversation import Conversation
from simulators.claude.desk import Desk, Fault
from simulators.claude.errors import ApiError, CutShortError, invalid
from simulators.claude.replies import ScriptError
from simulators.claude.streaming import Envelope, server_sent
from simulators.claude.usage import PromptCache
from simulators.claude.validation import check_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from simulators.claude.desk import Asked
    from simulators.claude.player import Played, Player

MOST_MODELS = 1000
_log = logging.getLogger(__name__)


@dataclass
class Service:
    """What the routes share. `token` None lets any credential in that is not empty."""

    player: Player
    seed: int
    variables: Mapping[str, str]
    token: str | None = None
    desk: Desk = field(default_factory=Desk)
    cache: PromptCache = field(default_factory=PromptCache)


def make_app(service: Service) -> FastAPI:
    """The application."""
    app = FastAPI(title="Claude stand-in", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(ApiError, _answer_error)
    app.add_exception_handler(Exception, _answer_fault)
    _add_api(app, service)
    _add_control(app, service)
    return app


def _add_api(app: FastAPI, service: Service) -> None:
    @app.post("/v1/messages")
    async def create_message(request: Request) -> Response:
        _authenticate(request, token=service.token)
        return await _answer(request, service=service)

    @app.post("/v1/messages/count_tokens")
    async def count_tokens(request: Request) -> Response:
        _authenticate(request, token=service.token)
        body = await _json_body(request)
        service.desk.note(request_id=_request_id(request), path=request.url.path, body=body)
        check_request(body, needs_max_tokens=False)
        return _json(request, {"input_tokens": PromptCache().account(body).total})

    @app.get("/v1/models")
    async def list_models(request: Request, limit: int = 20, after_id: str | None = None) -> Response:
        _authenticate(request, token=service.token)
        return _json(request, page_of_models(limit=max(1, min(limit, MOST_MODELS)), after_id=after_id))

    @app.get("/v1/models/{model_id}")
    async def show_model(request: Request, model_id: str) -> Response:
        _authenticate(request, token=service.token)
        return _json(request, find_model(model_id).shown())


def _add_control(app: FastAPI, service: Service) -> None:
    desk = service.desk

    @app.get("/-/simulator")
    async def show_scenario() -> dict[str, Any]:
        return {"seed": service.seed, "variables": dict(service.variables)}

    @app.get("/-/simulator/requests")
    async def list_requests() -> list[dict[str, Any]]:
        return [asked.shown() for asked in desk.asked]

    @app.delete("/-/simulator/requests", status_code=204)
    async def forget_requests() -> None:
        desk.asked.clear()

    @app.get("/-/simulator/faults")
    async def list_faults() -> list[Fault]:
        return desk.faults

    @app.post("/-/simulator/faults", status_code=201)
    async def add_fault(fault: Fault) -> Fault:
        desk.faults.append(fault)
        return fault

    @app.delete("/-/simulator/faults", status_code=204)
    async def clear_faults() -> None:
        desk.faults.clear()


def _authenticate(request: Request, *, token: str | None) -> None:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = request.headers.get("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if not given:
        raise ApiError(401, "x-api-key header is required")
    if token is not None and not secrets.compare_digest(given.encode(), token.encode()):
        raise ApiError(401, "invalid x-api-key")
    if not request.headers.get("anthropic-version"):
        raise invalid("anthropic-version: header is required")


def _request_id(request: Request) -> str:
    """One id per request, the same in header, body and list."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = f"req_{secrets.token_hex(12)}"
    return str(request.state.request_id)


async def _json_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise invalid("The request body is not valid JSON") from error


def _json(request: Request, content: Any) -> Response:
    return JSONResponse(content, headers={"request-id": _request_id(request)})


async def _answer_error(request: Request, error: Exception) -> Response:
    # Registered for this class alone; the framework's signature says Exception.
    if not isinstance(error, ApiError):
        raise error
    headers = {"request-id": _request_id(request)}
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    return JSONResponse(error.body(_request_id(request)), status_code=error.status, headers=headers)


async def _answer_fault(request: Request, error: Exception) -> Response:
    """A fault of the stand-in itself, in the API's shape; the framework logs its traceback."""
    told = ApiError(500, f"The stand-in could not handle this request: {type(error).__name__}: {error}")
    return await _answer_error(request, told)


async def _answer(request: Request, *, service: Service) -> Response:
    """Note the request, and how it is answered."""
    body = await _json_body(request)
    asked = service.desk.note(request_id=_request_id(request), path=request.url.path, body=body)
    try:
        played = _play(body, service=service)
        asked.turn = played.turn.name
        await asyncio.sleep(played.latency_seconds)
        _fail_before_answer(played)
    except ApiError as error:
        asked.status, asked.error = error.status, error.message
        raise
    asked.reply = played.answer.content
    return _response(request, body=body, played=played, service=service, asked=asked)


def _play(body: Any, *, service: Service) -> Played:
    fault = service.desk.take_fault()
    if fault is not None:
        raise ApiError(fault.status, fault.message, retry_after=fault.retry_after)
    check_request(body)
    try:
        return service.player.play(Conversation(body))
    except ScriptError as error:
        # Not a 500: a client would take that for an outage and go on trying, while only the script's author can help.
        _log.error("%s", error)
        raise ApiError(400, str(error)) from error


def _fail_before_answer(played: Played) -> None:
    fail = played.fail
    if fail is not None and fail.status is not None and fail.after_events is None:
        raise ApiError(fail.status, fail.message, retry_after=fail.retry_after)


def _response(request: Request, *, body: Any, played: Played, service: Service, asked: Asked) -> Response:
    envelope = Envelope(
        id=f"msg_{secrets.token_hex(12)}",
        model=body["model"],
        answer=played.answer,
        input_usage=service.cache.account(body),
    )
    headers = {"request-id": _request_id(request)}
    if body.get("stream"):
        events = _events(envelope, played=played, request_id=_request_id(request), asked=asked)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
    if played.fail is not None:
        return StreamingResponse(_half_of(envelope, asked=asked), media_type="application/json", headers=headers)
    return JSONResponse(envelope.message(), headers=headers)


async def _events(envelope: Envelope, *, played: Played, request_id: str, asked: Asked) -> AsyncIterator[bytes]:
    """The stream, up to where the script lets it break."""
    fail = played.fail
    for sent, event in enumerate(envelope.events()):
        if fail is not None and sent == (fail.cut_after_events or fail.after_events):
            asked.error = f"ended after {sent} events, as the script asks"
            if fail.status is None:
                raise CutShortError
            yield server_sent(ApiError(fail.status, fail.message).body(request_id))
            return
        yield server_sent(event)
        await asyncio.sleep(played.chunk_delay_seconds)


async def _half_of(envelope: Envelope, *, asked: Asked) -> AsyncIterator[bytes]:
    """Without a stream there are no events to count, so a broken answer ends in its middle."""
    whole = json.dumps(envelope.message()).encode()
    asked.error = "ended in the middle, as the script asks"
    yield whole[: len(whole) // 2]
    raise CutShortError
