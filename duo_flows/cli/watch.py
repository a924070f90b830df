"""Following a session: its log as it grows, what it is doing now, and its questions, answered where a person sits.

A lost connection is tried again from the last line seen; nothing is shown twice or left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from rich.status import Status

from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import SessionStatus

from . import views
from .answering import LETTERS, Given, give_answer, read_line, tell_result, words_for
from .client import WAIT_SECONDS, Api, Json
from .failures import CommandError, ExitCode, exit_code_of
from .output import err, is_terminal, out, plain, print_json_line, say

# A web app that is deployed anew is away for seconds; one that is away for five minutes is somebody's problem to look at.
_GIVE_UP_AFTER_SECONDS = 300.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0


async def follow(api: Api, session_id: str, *, after: int, is_json: bool) -> ExitCode:
    """Follow a session until it is over and return what the shell is told.

    Raises:
        CommandError: there is no such session, or the API was away for too long.
    """
    watcher = _Watcher(api, session_id, after=after, is_json=is_json)
    return await watcher.run()


_Ask = Callable[[], Awaitable[Json]]


async def choose(api: Api, session: Json) -> Given:
    """Ask the person at the terminal for an answer, showing the whole diff as often as they want."""
    waiting = session["waiting"]
    offered = {letter: choice for letter, choice in LETTERS.items() if choice in waiting["choices"]}
    prompt = ", ".join(choice.value.replace(letter, f"[{letter}]", 1) for letter, choice in offered.items())
    while True:
        typed = await read_line(f"{prompt}: ")
        choice = offered.get(typed[:1].lower())
        if choice is Choice.DIFF:
            out.print(views.coloured_diff(await api.diff(session["id"])), end="")
        elif choice is not None:
            words = await words_for(choice)
            return Given(choice=choice, digest=waiting["digest"], text=words, request_id=waiting["request_id"])
        else:
            say("Answer with one of these letters.")


class _Watcher:
    """What has been seen and shown of one session."""

    def __init__(self, api: Api, session_id: str, *, after: int, is_json: bool) -> None:
        self._api = api
        self._session_id = session_id
        self._after = after
        self._is_json = is_json
        self._can_ask = is_terminal() and not is_json
        self._me = ""
        self._shown_request = ""
        self._session: Json = {}

    async def run(self) -> ExitCode:
        self._session = await self._api.session(self._session_id)
        self._me = (await self._api.me())["username"] if self._can_ask else ""
        while True:
            self._show_question()
            page = await self._next_page()
            for entry in page["entries"]:
                self._show_entry(entry)
            self._after = int(page["next_after"])
            self._session = await self._patiently_session()
            if page["is_over"]:
                return self._tell_end()

    async def _next_page(self) -> Json:
        """Return the next lines; meanwhile the person may answer, if it is theirs to answer."""
        lines = asyncio.ensure_future(self._patiently_lines())
        talk = asyncio.ensure_future(self._converse()) if self._may_answer() else None
        try:
            with self._spinner() if talk is None else nullcontext():
                return await lines
        finally:
            lines.cancel()
            await _ended(talk)

    async def _converse(self) -> None:
        """Ask the person until they have decided."""
        while not await self._answered(await choose(self._api, self._session)):
            pass

    async def _answered(self, given: Given) -> bool:
        try:
            tell_result(await give_answer(self._api, self._session_id, given))
        except CommandError as refusal:
            say(str(refusal), style="red")
            return False
        return True

    def _may_answer(self) -> bool:
        waiting = self._session.get("waiting") or {}
        return self._can_ask and bool(waiting.get("choices")) and views.person_asked(waiting) == f"@{self._me}"

    def _show_question(self) -> None:
        waiting = self._session.get("waiting") or {}
        request = f"{waiting.get('request_id')}:{waiting.get('digest')}"
        if self._is_json or not waiting.get("choices") or request == self._shown_request:
            return
        self._shown_request = request
        out.print(views.question_panel(self._session))
        if not self._may_answer():
            say(views.how_to_answer(self._session))

    def _show_entry(self, entry: Json) -> None:
        if self._is_json:
            print_json_line({"entry": entry})
        else:
            out.print(views.brief_log_line(entry), soft_wrap=True)

    def _tell_end(self) -> ExitCode:
        if self._is_json:
            print_json_line({"session": self._session})
        else:
            say()
            out.print(views.session_panel(self._session))
        return exit_code_of(SessionStatus(self._session["status"]))

    def _spinner(self) -> Status | nullcontext[None]:
        if not self._can_ask:
            return nullcontext()
        return out.status(plain(views.status_line(self._session)), spinner="dots")

    async def _patiently_lines(self) -> Json:
        return await self._patiently(lambda: self._api.log(self._session_id, after=self._after, wait_seconds=WAIT_SECONDS))

    async def _patiently_session(self) -> Json:
        return await self._patiently(lambda: self._api.session(self._session_id))

    async def _patiently(self, ask: _Ask) -> Json:
        loop = asyncio.get_running_loop()
        give_up_at, pause = loop.time() + _GIVE_UP_AFTER_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await ask()
            except CommandError as failure:
                if failure.exit_code is not ExitCode.UNREACHABLE or loop.time() > give_up_at:
                    raise
                if pause == _FIRST_PAUSE_SECONDS:
                    err.print("The connection is lost; trying again …", style="dim")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is None:
        return
    task.cancel()
    await asyncio.wait({task})
