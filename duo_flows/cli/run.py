"""`duoflow run`: starts a flow and follows it."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from .failures import CommandError, ExitCode
from .given_inputs import envelopes_of
from .output import print_json, say
from .reach import Reach
from .watch import follow

_PIPELINE_URL = re.compile(r"https?://[^/\s]+/(?P<project>[\w./-]+?)/-/pipelines/(?P<id>\d+)/?$")


def add_to(app: App) -> None:
    """Add the command."""
    app.command(run)


async def run(  # noqa: PLR0913 - one parameter for each option of the command
    flow: str,
    /,
    *,
    project: str = "",
    pipeline: str = "",
    merge_request: int | None = None,
    issue: int | None = None,
    goal: str = "",
    given: Annotated[list[str] | None, Parameter(name="--input", negative=())] = None,
    context_file: Path | None = None,
    input_file: Path | None = None,
    definition: Path | None = None,
    watch: bool = True,
    idempotency_key: str = "",
    reach: Reach | None = None,
) -> int:
    """Start a flow for you and follow it; on a terminal its questions can be answered here.

    **Examples**

        duoflow run fix_pipeline --project shop/checkout --merge-request 7
        duoflow run fix_pipeline --pipeline https://gitlab.example.com/shop/checkout/-/pipelines/4711
        duoflow run fix_pipeline --project shop/checkout --pipeline 4711 --no-watch --json
        duoflow run our_flow --project shop/checkout --input ticket.url=https://tickets.example.com/7 --input ticket.count=3

    Args:
        flow: The flow's name; `duoflow flows list` shows the built-in ones.
        project: Number or full path. May be left out if --pipeline is an address.
        pipeline: The failed pipeline: its number or its address.
        merge_request: The merge request's number in the project.
        issue: The issue's number in the project.
        goal: What is wanted, in words.
        given: What the flow asks for in `flow.inputs`: CATEGORY.FIELD=VALUE. May be repeated. A value that is JSON is taken as
            such; write '"7"' for the text 7.
        context_file: The same from a JSON file: an object of categories with their fields, or GitLab's list of envelopes.
        input_file: A JSON file with the API's fields; options override it.
        definition: A flow file to run instead of the built-in one.
        watch: Follow it until it is over (the default), or leave it to itself.
        idempotency_key: Any text: repeated with the same key, the command starts one session only.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    named = {"project": project, "merge_request_iid": merge_request, "issue_iid": issue, "goal": goal}
    body = {**_from_file(input_file), **_pipeline(pipeline), **{name: value for name, value in named.items() if value}}
    body |= {"definition": _text(definition)} if definition else {}
    if given or context_file:
        file = _text(context_file) if context_file else ""
        body["additional_context"] = envelopes_of(given or (), file=file, source=context_file)
    if not body.get("project"):
        raise CommandError("Name the project: --project GROUP/NAME.", exit_code=ExitCode.USAGE)
    async with reach.open() as api:
        session = await api.start({"flow": flow, **body}, idempotency_key=idempotency_key or uuid.uuid4().hex)
        if not watch:
            print_json(session) if reach.json else say(f"Session {session['id']} has started.")
            return ExitCode.OK
        if not reach.json:
            say(f"Session {session['id']} has started.  {session['links']['temporal']}")
        return await follow(api, session["id"], after=0, is_json=reach.json)


def _pipeline(text: str) -> dict[str, Any]:
    if not text:
        return {}
    if text.isdecimal():
        return {"pipeline_id": int(text)}
    match = _PIPELINE_URL.match(text)
    if match is None:
        raise CommandError(
            f"--pipeline takes a number, or an address that ends in /-/pipelines/NUMBER, not {text!r}.",
            exit_code=ExitCode.USAGE,
        )
    return {"project": match["project"], "pipeline_id": int(match["id"])}


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        body = json.loads(_text(file))
    except ValueError as error:
        raise CommandError(f"{file} is no JSON: {error}.", exit_code=ExitCode.USAGE) from None
    if not isinstance(body, dict):
        raise CommandError(f"{file} must hold a JSON object.", exit_code=ExitCode.USAGE)
    return body


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.", exit_code=ExitCode.USAGE) from None
