"""The doors by which the developer of the story asks and answers: our API, a comment in GitLab, the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from duo_flows.cli.answering import Given, give_answer
from duo_flows.cli.client import Api, Json
from duo_flows.cli.failures import CommandError, ExitCode
from duo_flows.cli.observer import Observer
from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH

# A hook takes milliseconds and a start a second or two; this is for a machine that is busy with something else.
_PATIENCE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.3


class DoorName(StrEnum):
    """The doors by name."""

    API = "api"
    COMMENT = "comment"
    CLI = "cli"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What the developer wants help with."""

    project: str
    merge_request_iid: int
    pipeline_id: int


class Door(Protocol):
    """One way in. `asking` and `answering` say in words what the person does there."""

    async def ask(self, trouble: Trouble) -> tuple[str, str]:
        """Ask for the fix; return (what was done, the session's id)."""

    async def answer(self, session: Json, given: Given) -> str:
        """Answer the open question; return what was done and what came of it."""


class ApiDoor:
    """Requests to our API with the developer's own token."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def ask(self, trouble: Trouble) -> tuple[str, str]:
        """Ask with POST /sessions."""
        body = {"flow": "fix_pipeline", "project": trouble.project, "pipeline_id": trouble.pipeline_id}
        session = await self._api.start(body, idempotency_key=uuid.uuid4().hex)
        return f"POST {self._api.url}/api/v1/sessions  {json.dumps(body)}", str(session["id"])

    async def answer(self, session: Json, given: Given) -> str:
        """Answer with POST /sessions/ID/answer."""
        result = await give_answer(self._api, session["id"], given)
        done = f"POST {self._api.url}/api/v1/sessions/{session['id']}/answer  {given.choice} {given.digest[:DIGEST_PREFIX_LENGTH]}"
        return f"{done}\n→ {result.get('reason') or result.get('detail')}"


class CommentDoor:
    """Comments on the merge request, addressed to the service account."""

    def __init__(self, api: Api, gitlab: Observer, *, account: str) -> None:
        self._api = api
        self._gitlab = gitlab
        self._account = account
        self._iid = 0

    async def ask(self, trouble: Trouble) -> tuple[str, str]:
        """Ask with `@account fix`, and find the session that comes of it."""
        self._iid = trouble.merge_request_iid
        body = f"@{self._account} fix"
        await self._gitlab.comment(self._iid, body)
        return f"A comment on !{self._iid}: {body}", await self._new_session(trouble)

    async def answer(self, session: Json, given: Given) -> str:  # noqa: ARG002 - the digest names the question
        """Answer with `@account CHOICE DIGEST`."""
        body = f"@{self._account} {given.choice} {given.digest[:DIGEST_PREFIX_LENGTH]} {given.text}".strip()
        await self._gitlab.comment(self._iid, body)
        return f"A comment on !{self._iid}: {body}"

    async def _new_session(self, trouble: Trouble) -> str:
        query = {"project": trouble.project, "merge_request_iid": trouble.merge_request_iid, "mine": True, "limit": 1}
        for _ in range(int(_PATIENCE_SECONDS / _LOOK_AGAIN_SECONDS)):
            found = (await self._api.sessions(query))["sessions"]
            if found:
                return str(found[0]["id"])
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        raise CommandError("No session came of the comment; see the logs of web and worker.", exit_code=ExitCode.UNREACHABLE)


class CliDoor:
    """The command `duoflow` in a process of its own, as the developer would type it."""

    def __init__(self, api: Api, token: str) -> None:
        self._environment = {**os.environ, "DUOFLOWS_API_URL": api.url, "GITLAB_TOKEN": token}

    async def ask(self, trouble: Trouble) -> tuple[str, str]:
        """Ask with `duoflow run`."""
        command = ["run", "fix_pipeline", "--project", trouble.project, "--pipeline", str(trouble.pipeline_id), "--no-watch"]
        session = await self._run(*command)
        return f"$ duoflow {' '.join(command)}", str(session["id"])

    async def answer(self, session: Json, given: Given) -> str:
        """Answer with `duoflow sessions answer`."""
        command = ["sessions", "answer", session["id"], given.choice.value, "--digest", given.digest[:DIGEST_PREFIX_LENGTH]]
        command += ["--text", given.text] if given.text else []
        result = await self._run(*command)
        return f"$ duoflow {' '.join(command)}\n→ {result.get('reason') or result.get('detail')}"

    async def _run(self, *command: str) -> Json:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "duo_flows.cli", *command, "--json"),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        result: Json = json.loads(output or b"{}")
        if process.returncode:
            detail = result.get("error", {}).get("detail", "it did not say why")
            raise CommandError(f"`duoflow {command[0]}` refused: {detail}", exit_code=ExitCode(process.returncode))
        return result


def open_door(name: DoorName, api: Api, gitlab: Observer, *, token: str, account: str) -> Door:
    """Return the door of this name."""
    match name:
        case DoorName.API:
            return ApiDoor(api)
        case DoorName.COMMENT:
            return CommentDoor(api, gitlab, account=account)
        case DoorName.CLI:
            return CliDoor(api, token)
