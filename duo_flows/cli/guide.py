"""What `duoflow dev` tells once everything runs: every address, and what to try next, ready to copy."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import quote

from duo_flows.bootstrap.embedded.layout import Layout
from duo_flows.bootstrap.embedded.plans import temporal_binary

from .client import Api
from .guide_starts import FIX, FlowStart, fix_of, own_flows
from .observer import Observer

# What stands for a value that is only known once a question is open.
_DIGEST = "DIGEST"


async def guide(layout: Layout) -> str:
    """Return the text for a stack that runs."""
    if layout.real_gitlab:
        return "\n".join([addresses(layout), *_with_a_real_gitlab(layout), "Ctrl-C stops everything."])
    project = layout.cast.projects[0]
    fix, starts = await _starts(layout, project)
    parts = [
        addresses(layout),
        _people(layout),
        _with_the_cli(layout, project, starts),
        *([_with_temporal(layout, project, starts[0])] if starts else []),
        *([_with_a_comment(layout, project, fix)] if fix else []),
        "Ctrl-C stops everything.",
    ]
    return "\n\n".join(parts)


async def _starts(layout: Layout, project: str) -> tuple[int, list[FlowStart]]:
    """Return (the merge request whose pipeline can be fixed, 0 where there is none; everything that can be started)."""
    person = layout.cast.developer
    async with Observer(layout.gitlab_url, person.token, project=project) as gitlab:
        merge_requests = await gitlab.merge_requests()
    async with Api(layout.api_url, person.token) as api:
        own = await own_flows(api, project)
    if not merge_requests:
        return 0, own
    iid = int(merge_requests[0]["iid"])
    return iid, [fix_of(iid), *own]


def addresses(layout: Layout) -> str:
    """Return where everything is."""
    rows = [
        ("Temporal", layout.temporal_address, ""),
        ("Temporal UI", layout.temporal_ui_url, ""),
        ("GitLab", layout.gitlab_url, "the real one" if layout.real_gitlab else "stand-in"),
        ("Claude", layout.claude_url or "Anthropic's API", "stand-in" if layout.claude_url else "the real one"),
        ("duo-flows API", f"{layout.api_url}/api/v1", f"described at {layout.api_url}/docs"),
        ("Worker metrics", f"http://127.0.0.1:{layout.ports.worker_metrics}/metrics", ""),
        ("Logs", f"{short(layout.home)}/*.log", ""),
    ]
    return "\n".join(["\nEverything is running.", *(f"  {name:15} {where}{note and f'  ({note})'}" for name, where, note in rows)])


def temporal_cli(layout: Layout) -> str:
    """Return how the `temporal` command of this environment is called for this stack."""
    return f"{short(temporal_binary())} --address {layout.temporal_address}"


def duoflow() -> str:
    """Return how this command is called from a terminal in which the environment is not active."""
    return short(Path(sys.executable).with_name("duoflow"))


def short(path: Path) -> str:
    """Return the path as one would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _people(layout: Layout) -> str:
    people = "  ".join(f"{person.username} ({person.token})" for person in layout.cast.people)
    return f"People of the GitLab stand-in and their tokens:\n  {people}"


def _with_the_cli(layout: Layout, project: str, starts: list[FlowStart]) -> str:
    who = layout.cast.developer.username
    return "\n".join(
        [
            "By the command line, in another terminal in this folder:",
            *(f"  {duoflow()} run {start.flow} --project {project} {start.options} --as {who}" for start in starts),
            f"  {duoflow()} sessions list",
            f"  {duoflow()} sessions watch SESSION",
        ]
    )


def _with_temporal(layout: Layout, project: str, one: FlowStart) -> str:
    who, temporal = layout.cast.developer.username, temporal_cli(layout)
    start = json.dumps({"project": project, "requester": who, **one.fields})
    # What a question of a project's own flow can be answered by stands in the question.
    choice = "apply" if one.flow == FIX else "CHOICE"
    answer = json.dumps({"choice": choice, "digest": _DIGEST, "actor": who})
    return "\n".join(
        [
            "By Temporal alone: start by type, look at the question, answer by signal (DIGEST: the first 12 digits of its digest):",
            f"  {temporal} workflow start --type {one.flow} --task-queue duo-flows --workflow-id by-hand \\",
            f"    --input '{start}'",
            f"  {temporal} workflow query --workflow-id by-hand --type state",
            f"  {temporal} workflow signal --workflow-id by-hand --name answer \\",
            f"    --input '{answer}'",
        ]
    )


def _with_a_comment(layout: Layout, project: str, iid: int) -> str:
    account, who = layout.cast.account.username, layout.cast.developer
    url = f"{layout.gitlab_url}/api/v4/projects/{quote(project, safe='')}/merge_requests/{iid}/notes"
    curl = f"  curl -H 'PRIVATE-TOKEN: {who.token}' --data-urlencode"
    return "\n".join(
        [
            "By a comment in GitLab: ask for the fix, then answer:",
            f"{curl} 'body=@{account} fix' {url}",
            f"{curl} 'body=@{account} apply {_DIGEST}' {url}",
        ]
    )


def _with_a_real_gitlab(layout: Layout) -> list[str]:
    return [
        "",
        "This stack uses your GitLab. Let it send its events here (once per project; it must reach this machine):",
        f"  {duoflow()} hooks add GROUP/PROJECT",
        "Then, with your own token:",
        f"  export DUOFLOWS_API_URL={layout.api_url} GITLAB_TOKEN=glpat-...",
        f"  {duoflow()} run fix_pipeline --project GROUP/PROJECT --pipeline ID",
        "",
    ]
