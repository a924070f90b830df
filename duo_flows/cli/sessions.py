"""`duoflow sessions`: list, show, follow, answer, stop, pause, resume, retry."""

from __future__ import annotations

import uuid
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import SessionStatus

from . import views
from .answering import Given, give_answer, required_answer
from .client import WAIT_SECONDS, Api
from .failures import ExitCode
from .output import is_terminal, out, print_json, print_json_line, say
from .reach import Reach
from .watch import follow

# Few pages for a long log, and the first of them soon.
_PAGE = 500


def add_to(app: App) -> None:
    """Add the commands."""
    sessions = App(name="sessions", help="Sessions: one execution of a flow for a person.")
    sessions.command(list_sessions, name="list")
    for command in (show, watch, answer, diff, log, stop, pause, resume, retry):
        sessions.command(command)
    app.command(sessions)


async def list_sessions(  # noqa: PLR0913 - one parameter for each option of the command
    *,
    project: str = "",
    flow: str = "",
    status: Annotated[list[SessionStatus] | None, Parameter(negative=())] = None,
    mine: Annotated[bool, Parameter(negative=())] = False,
    waiting_for_me: Annotated[bool, Parameter(negative=())] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=200))] = 20,
    before: str = "",
    reach: Reach | None = None,
) -> None:
    """List sessions, newest first.

    **Examples**

        duoflow sessions list --waiting-for-me
        duoflow sessions list --project shop/checkout --status failed --json

    Args:
        project: Only this project: number or full path.
        flow: Only this flow.
        status: Only this status. May be repeated.
        mine: Only those that you started.
        waiting_for_me: Only those that wait for your answer.
        limit: How many at most, up to 200; 20 if not said.
        before: Go on after an earlier page: the last id that it showed.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    params = {"project": project, "flow": flow, "status": list(status or []), "before": before, "limit": limit}
    flags = {"mine": mine, "waiting_for_me": waiting_for_me}
    async with reach.open() as api:
        page = await api.sessions({name: value for name, value in {**params, **flags}.items() if value})
    if reach.json:
        print_json(page)
        return
    out.print(views.session_table(page["sessions"]))
    if page["next_before"]:
        say(f"More with --before {page['next_before']}", style="dim")


async def show(session: str, /, *, reach: Reach | None = None) -> None:
    """Show a session: what it does, what it waits for, what it has used, where to look.

    Args:
        session: The session's id.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        found = await api.session(session)
    if reach.json:
        print_json(found)
        return
    out.print(views.session_panel(found))
    if (found["waiting"] or {}).get("choices"):
        say(views.how_to_answer(found))


async def watch(session: str, /, *, after: int = 0, reach: Reach | None = None) -> int:
    """Follow a session until it is over; on a terminal its questions can be answered here.

    The exit code is the session's: 0 finished, 1 failed, 6 stopped. Ctrl-C leaves the session alone. With --json every line of
    the log is one line of JSON, and the last one is the session.

    Args:
        session: The session's id.
        after: Begin after this line of its log.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        return await follow(api, session, after=after, is_json=reach.json)


async def answer(
    session: str,
    choice: Choice,
    /,
    *,
    digest: str = "",
    text: str = "",
    reach: Reach | None = None,
) -> None:
    """Answer the question of a session that you started.

    An answer names what it is about by (the first 12 digits of) the question's digest. Without --digest the question is
    shown and you are asked; without a terminal the exact line to use is printed instead, and nothing is answered.

    **Examples**

        duoflow sessions answer 06fz3k9q2m4t8wxy apply
        duoflow sessions answer 06fz3k9q2m4t8wxy modify --digest 3f9ac01b77de --text "allow 2 seconds"

    Args:
        session: The session's id.
        choice: apply: do exactly what was shown. always: run the calls that were shown, and do not ask for exactly these again in
            this session. diff: show the whole of it, the question stays open. cancel: say no. modify: say no, and what should be
            different. respond: answer in your own words.
        digest: What is answered.
        text: For modify: what should be different. For respond: the answer.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        if choice is Choice.DIFF and not digest:
            await _print_diff(api, session, is_json=reach.json)
            return
        wanted = Given(choice=choice, digest=digest, text=text)
        given = await required_answer(api, session, wanted, can_ask=is_terminal() and not reach.json)
        if given is None:
            say("Nothing was answered.")
            return
        result = await give_answer(api, session, given)
    print_json(result) if reach.json else say(views.answer_sentence(result))


async def diff(session: str, /, *, reach: Reach | None = None) -> None:
    """Print the whole change that the open question is about. Piped, it is a patch that `git apply` takes.

    Args:
        session: The session's id.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        await _print_diff(api, session, is_json=reach.json)


async def log(
    session: str,
    /,
    *,
    after: int = 0,
    curated: Annotated[bool, Parameter(negative=())] = False,
    follow: Annotated[bool, Parameter(negative=())] = False,
    reach: Reach | None = None,
) -> None:
    """Print the session log as it is now: who said or did what, in order.

    Args:
        session: The session's id.
        after: Begin after this line.
        curated: Only what the flow's author shows, and where runs begin, pause and end.
        follow: Go on with new lines until the session is over. `watch` shows its questions too, and ends with its exit code.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    wait_seconds = WAIT_SECONDS if follow else 0
    async with reach.open() as api:
        while True:
            page = await api.log(session, after=after, limit=_PAGE, wait_seconds=wait_seconds, curated=curated)
            for entry in page["entries"]:
                print_json_line({"entry": entry}) if reach.json else out.print(views.log_line(entry), soft_wrap=True)
            if page["is_over"] or (not follow and page["next_after"] == after):
                return
            after = page["next_after"]


async def stop(session: str, /, *, reason: str = "", reach: Reach | None = None) -> None:
    """Stop a session at its next safe point.

    Args:
        session: The session's id.
        reason: Why, for the session log.
        reach: how duo-flows is reached, and as whom.
    """
    await _steer(session, "stop", reason=reason, reach=reach or Reach())


async def pause(session: str, /, *, reason: str = "", reach: Reach | None = None) -> None:
    """Pause a session at its next safe point, for as long as it takes.

    What is under way is finished first; an open question stays open, and the pause comes after it.

    Args:
        session: The session's id.
        reason: Why, for the session log.
        reach: how duo-flows is reached, and as whom.
    """
    await _steer(session, "pause", reason=reason, reach=reach or Reach())


async def resume(session: str, /, *, reason: str = "", reach: Reach | None = None) -> None:
    """Let a paused session go on.

    Args:
        session: The session's id.
        reason: Why, for the session log.
        reach: how duo-flows is reached, and as whom.
    """
    await _steer(session, "resume", reason=reason, reach=reach or Reach())


async def _steer(session: str, verb: str, *, reason: str, reach: Reach) -> None:
    async with reach.open() as api:
        result = await api.act(session, verb, {"reason": reason}, idempotency_key=uuid.uuid4().hex)
    print_json(result) if reach.json else say(f"Session {session}: {result['reason']}")


async def retry(
    session: str,
    /,
    *,
    watch: bool = True,
    reach: Reach | None = None,
) -> int:
    """Start the next run of a session that is over.

    Args:
        session: The session's id.
        watch: Follow it until it is over (the default), or leave it to itself.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        last = await _last_line(api, session)
        found = await api.act(session, "retry", {}, idempotency_key=uuid.uuid4().hex)
        if not watch:
            print_json(found) if reach.json else say(f"Session {session} is now at run {found['run']}.")
            return ExitCode.OK
        return await follow(api, session, after=last, is_json=reach.json)


async def _last_line(api: Api, session: str) -> int:
    after = 0
    while True:
        page = await api.log(session, after=after, limit=_PAGE)
        after = int(page["next_after"])
        if len(page["entries"]) < _PAGE:
            return after


async def _print_diff(api: Api, session: str, *, is_json: bool) -> None:
    text = await api.diff(session)
    if is_json:
        print_json({"diff": text})
    elif is_terminal():
        out.print(views.coloured_diff(text), end="")
    else:
        out.file.write(text)
