"""A server on loopback that says exactly the bytes a test gives it: cut streams and odd replies cannot be had otherwise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from duo_flows.adapters.anthropic import ClaudePlanner

KEY = "sk-ant-api03-nobody-may-read-this"


@dataclass
class Answer:
    """What the server says to one request. `end`: `whole` finishes properly, `cut` drops the line, `hang` waits to be left."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    end: str = "whole"


@dataclass
class ClaudeServer:
    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    was_left: asyncio.Event = field(default_factory=asyncio.Event)

    def will_say(self, *events: dict[str, Any], end: str = "whole", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer(body=sse(events), headers={"content-type": "text/event-stream", **named}, end=end))

    def will_refuse(self, status: int, kind: str, message: str = "", **headers: str) -> None:
        body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer(body=body, status=status, headers={"content-type": "application/json", **named}))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve_one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.was_left.set()
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.headers.append(headers)
        self.requests.append(json.loads(body) if body else {})
        answer = self.answers.pop(0)
        lines = [f"HTTP/1.1 {answer.status} X", "transfer-encoding: chunked", "connection: close", "request-id: req_1"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + b"%x\r\n%s\r\n" % (len(answer.body), answer.body))
        if answer.end == "whole":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if answer.end == "hang":
            await reader.read()
            self.was_left.set()


def sse(events: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


@pytest.fixture
async def server() -> AsyncIterator[ClaudeServer]:
    claude = ClaudeServer()
    listening = await asyncio.start_server(claude.serve, "127.0.0.1", 0)
    claude.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield claude
    listening.close()


@pytest.fixture
async def planner(server: ClaudeServer) -> AsyncIterator[ClaudePlanner]:
    made = ClaudePlanner(api_key=KEY, base_url=server.url, timeout=5)
    yield made
    await made.aclose()
