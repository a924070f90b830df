"""`duoflow flows`: what can be started, and whether a file is a flow. Files are looked at here, without a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from cyclopts import App, Parameter

from duo_flows.bootstrap.flow_files import MAX_BYTES, CheckedFlow, lines_of, look_at
from duo_flows.domain.flow_graph import mermaid_of
from duo_flows.domain.flow_schema import flow_file_schema

from . import flow_views
from .failures import CommandError, ExitCode
from .output import out, plain, print_json
from .reach import Reach

_ENDINGS = (".yaml", ".yml")
_STDIN = "-"


def add_to(app: App) -> None:
    """Add the commands."""
    flows = App(name="flows", help="Flows: what sessions execute.")
    flows.command(list_flows, name="list")
    for command in (show, validate, schema):
        flows.command(command)
    app.command(flows)


async def list_flows(*, project: str = "", reach: Reach | None = None) -> None:
    """List the flows that can be started: the built-in ones and, with a project, its own.

    Args:
        project: Also the flows of this project (number or full path): `.gitlab/duo/flows` on its default branch.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    async with reach.open() as api:
        found = await api.flows(project)
    print_json(found) if reach.json else out.print(flow_views.flow_table(found))


async def show(
    flow: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    project: str = "",
    graph: Annotated[bool, Parameter(negative=())] = False,
    reach: Reach | None = None,
) -> None:
    """Print a flow's file, to read it or to make one's own of it.

    **Examples**

        duoflow flows show fix_pipeline > .gitlab/duo/flows/my_fix.yaml
        duoflow flows show .gitlab/duo/flows/my_fix.yaml --graph

    Args:
        flow: The flow's name, or a file; `-` is what comes in.
        project: The project (number or full path) whose flow it is; otherwise a built-in one.
        graph: Print a picture of it instead, as Mermaid text.
        reach: how duo-flows is reached, and as whom.
    """
    reach = reach or Reach()
    if flow == _STDIN or flow.endswith(_ENDINGS):
        found: dict[str, Any] = {"name": flow, "text": _read(flow).decode("utf-8", "replace"), "source": "file"}
    else:
        async with reach.open() as api:
            found = await api.flow(flow, project)
    if graph:
        found = {**found, "text": _graph_of(found["text"], flow, project=project if found["source"] != "file" else "")}
    print_json(found) if reach.json else out.file.write(plain(found["text"]))


def validate(
    *files: Annotated[str, Parameter(allow_leading_hyphen=True)],
    custom: Annotated[bool, Parameter(negative="--builtin")] = True,
    strict: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=(), help="Print JSON for programs.")] = False,
) -> int:
    """Say whether files are flows that can run, and everything that is wrong with them, by line. Needs no server.

    **Examples**

        duoflow flows validate .gitlab/duo/flows/*.yaml
        duoflow flows validate --strict --json my_flow.yaml

    Args:
        files: The files; `-` is what comes in.
        custom: A flow of a project's own, to which GitLab's limits of custom flows apply; `--builtin` is one of an installation.
        strict: Fail on warnings too.
        json: Print JSON for programs.
    """
    if strays := [file for file in files if file.startswith("-") and file != _STDIN]:
        raise CommandError(
            f"There is no option {strays[0]}; write ./{strays[0]} for a file of that name.", exit_code=ExitCode.USAGE
        )
    if not files:
        raise CommandError("Name the files to look at, or `-` for what comes in.", exit_code=ExitCode.USAGE)
    looked = [(file, data, look_at(data, is_custom=custom)) for file, data in [(file, _read(file)) for file in files]]
    if json:
        print_json({"files": [_json_of(file, checked) for file, _, checked in looked]})
    else:
        for file, data, checked in looked:
            _tell(file, data, checked)
    is_bad = any(checked.errors or (strict and checked.warnings) for _, _, checked in looked)
    return ExitCode.INVALID_FLOW if is_bad else ExitCode.OK


def schema(*, output: Path | None = None) -> None:
    """Print the JSON Schema of a flow file, for editors that complete and check YAML.

    Args:
        output: Write it into this file instead.
    """
    text = json.dumps(flow_file_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        out.file.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}.", exit_code=ExitCode.REFUSED) from None


def _read(file: str) -> bytes:
    try:
        if file == _STDIN:
            return _some(sys.stdin.buffer)
        with Path(file).open("rb") as opened:
            return _some(opened)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", exit_code=ExitCode.NOT_FOUND) from None


def _some(opened: BinaryIO) -> bytes:
    # One more than a flow can have tells that there is more.
    return opened.read(MAX_BYTES + 1)


def _tell(file: str, data: bytes, checked: CheckedFlow) -> None:
    lines = lines_of(data)
    for kind, problems in (("error", checked.errors), ("warning", checked.warnings)):
        for problem in problems:
            out.print(flow_views.problem_text(problem, kind=kind, file=file, lines=lines), soft_wrap=True)
    out.print(flow_views.verdict(file, checked), soft_wrap=True)


def _json_of(file: str, checked: CheckedFlow) -> dict[str, Any]:
    return {
        "file": file,
        "is_valid": not checked.errors,
        "errors": [problem.model_dump() for problem in checked.errors],
        "warnings": [problem.model_dump() for problem in checked.warnings],
    }


def _graph_of(text: str, name: str, *, project: str) -> str:
    checked = look_at(text.encode(), is_custom=False)
    if checked.definition is None:
        validate_it = f"duoflow flows validate {name}"
        if project:
            validate_it = f"duoflow flows show {name} --project {project} | duoflow flows validate -"
        raise CommandError(
            f"{plain(name)} is not a flow that can run. What is wrong: {plain(validate_it)}", exit_code=ExitCode.INVALID_FLOW
        )
    return mermaid_of(checked.definition)
