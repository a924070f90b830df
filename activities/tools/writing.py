"""What every tool that writes does around its write: where and for whom, what it is known by, and where it began.

A write is tried again after a lost answer, by the same or another worker. So each call has a mark that all its tries share, and
what a call saw of GitLab before it wrote is kept in the session log from its first try on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from duo_flows.domain.branches import may_push, may_push_as_seen
from duo_flows.domain.errors import Refused
from duo_flows.domain.people import AccessLevel, Branch, Project
from duo_flows.domain.policy import POLICY_PATH
from duo_flows.domain.project_files import read_policy
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import LogEntry, LogKind, NewLogEntry
from duo_flows.domain.tools.writes import InProject, labels_of
from duo_flows.domain.written_texts import attributed, call_mark, text_of_model

from .calls import ToolCallContext

# Source: GitLab docs, user/project/labels: a label's name has at most 255 characters.
_LABEL_MAX = 255


def check_project(call: ToolCallContext, asked: InProject) -> None:
    """Raise Refused if another project than the session's is named, whoever may write there: a session works in one."""
    named = asked.project_id
    if named is None or str(named) == str(call.scope.project_id):
        return
    if unquote(str(named)).casefold() != call.scope.project_path.casefold():
        raise Refused(
            f"This session works in {call.scope.project_path} only; nothing was written to {str(named)[:100]!r}.",
            code="other_project",
        )


def mark_of(call: ToolCallContext) -> str:
    """Return the mark of what this call writes."""
    return call_mark(call.scope.session_id, call.call_key)


def body_of(call: ToolCallContext, text: str) -> str:
    """Return a model's text as it may be posted."""
    return text_of_model(text, requester=call.scope.requester)


def description_of(call: ToolCallContext, text: str) -> str:
    """Return a model's description as it may stand, with the line that says for whom it was written; the text may be empty."""
    scope = call.scope
    return attributed(
        body_of(call, text) if text.strip() else "",
        session_id=scope.session_id,
        session_url=call.deps.session_url(scope.session_id),
        requester=scope.requester,
    )


async def began(call: ToolCallContext, look: Callable[[], Awaitable[tuple[str, Mapping[str, Any]]]]) -> LogEntry:
    """Return the line of the session log in which the call's first try kept what it saw before it wrote.

    Args:
        call: the call, whose tries share its key.
        look: looks at GitLab and returns (a sentence for the log, what is to be kept); called where nothing is kept yet.

    Effects: exactly one line with what the first try saw, however many look at once.
    """
    sessions, scope, key = call.deps.sessions, call.scope, f"{call.call_key}/began"
    if not (known := await sessions.lines(scope.session_id, key=key)):
        text, seen = await look()
        entry = NewLogEntry(key=key, kind=LogKind.TOOL, text=text, component=call.component, data=dict(seen))
        await sessions.append(scope.session_id, scope.run, [entry])
        known = await sessions.lines(scope.session_id, key=key)
    return known[0]


def checked_labels(text: str) -> tuple[str, ...]:
    """Return the labels named between commas.

    Raises:
        Refused: a name is longer than a label's can be, or carries a secret.
    """
    labels = labels_of(text)
    if redact(text) != text:
        raise Refused("A label carries what looks like a secret; nothing was written.", code="would_write_secret")
    if any(len(label) > _LABEL_MAX for label in labels):
        raise Refused(f"A label's name has at most {_LABEL_MAX} characters.", code="bad_label")
    return labels


async def members(call: ToolCallContext, people: Sequence[int | str], *, needs: AccessLevel) -> tuple[int, ...]:
    """Return the people's numbers, each once; they are named by number or username.

    Raises:
        NotFound: there is no such user.
        Refused: one is no member who can see the item: strangers are not called by a model.
    """
    person_ids = tuple(dict.fromkeys([await _person_id(call, person) for person in people]))
    for person_id in person_ids:
        if await call.deps.forge.access_level(call.scope.project_id, person_id) < needs:
            raise Refused(
                f"User {person_id} is not a member of {call.scope.project_path} from {needs.name.capitalize()} upwards; nothing "
                "was written.",
                code="not_a_member",
            )
    return person_ids


async def _person_id(call: ToolCallContext, person: int | str) -> int:
    if isinstance(person, int):
        return person
    name = person.removeprefix("@")
    return int(name) if name.isdecimal() else (await call.deps.forge.person(name)).id


async def check_may_push(call: ToolCallContext, project: Project, name: str, branch: Branch | None) -> None:
    """Raise Refused if the requester could not push to this branch, or nobody's tools may; `branch` is None for a new one.

    Whoever can push to the default branch can change what flows may do. The project's policy has to say that tools may, whoever
    has consented to what they push.
    """
    level = call.place.level
    rules = await call.deps.writer.branch_rules(project.id)
    if rules is not None:
        allowed = may_push(rules, name, person_id=call.scope.requester_id, level=level)
    else:
        # Who may not read the rules is no maintainer: of a new branch that a rule names GitLab itself refuses the push.
        allowed = level >= AccessLevel.DEVELOPER if branch is None else may_push_as_seen(branch, level)
    if not allowed:
        raise Refused(
            f"Branch {name} is protected and @{call.scope.requester} may not push to it; nothing was written.",
            code="requester_lacks_access",
        )
    if name != project.default_branch:
        return
    policy = await read_policy(call.deps.forge, call.deps.flow_files, project)
    if not policy.allow_default_branch:
        raise Refused(
            f"{name} is the default branch of {project.path}; commit to another branch and open a merge request. The project can "
            f"allow it with `allow_default_branch: true` in {POLICY_PATH}.",
            code="default_branch",
        )
