"""Tools that compute and push changes: what is shown is stored, what is pushed is what was stored and consented to."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from duo_flows.domain.changes import Change, Proposal, changed_files, paths_to_read
from duo_flows.domain.diagnoses import Diagnosis, ProposalOutcome, outcome_of_misfit, outcome_without_change
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.redaction import redact
from duo_flows.domain.requests import Choice
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.shown_whole import hidden_change, shown_diff
from duo_flows.domain.tools import ProposeChange, PushChange
from duo_flows.domain.written_texts import one_line, trailers_of, with_trailers, without_skip_marks

from .calls import ToolCallContext, ToolOutput
from .writing import check_may_push

# Of a diff that is longer a person sees the beginning with the question, and the whole on asking for it.
_PREVIEW_LINES = 60

# Git's own tools cut subjects soon after; GitLab shows about this much.
_TITLE_MAX = 120


async def propose_change(call: ToolCallContext, asked: ProposeChange) -> ToolOutput:
    """Compute and store the change. `outcome` is a ProposalOutcome; `tries` counts misfits in a row.

    Raises:
        Refused: the change could not be pushed, so that nobody has to be asked about it.
    """
    diagnosis = asked.diagnosis
    told = {"explanation": diagnosis.explanation, "category": diagnosis.category, "confidence": diagnosis.confidence, "tries": 0}
    outcome = outcome_without_change(diagnosis)
    if outcome is not None:
        return ToolOutput({**told, "outcome": outcome})
    await _check_branch(call)
    try:
        change = await _computed(call, diagnosis)
        preview = _preview(change)
    except Refused as reason:
        tries = asked.tries + 1
        outcome = outcome_of_misfit(tries=tries, max_tries=asked.max_tries)
        return ToolOutput({**told, "outcome": outcome, "reason": str(reason), "tries": tries})
    ref = await call.deps.contents.put(change.model_dump_json().encode("utf-8", "surrogatepass"))
    shown = {"change": _shown(change, ref, preview), "effects": change.effects.sentence()}
    return ToolOutput({**told, **shown, "outcome": ProposalOutcome.PROPOSED})


async def _check_branch(call: ToolCallContext) -> None:
    scope = call.scope
    if scope.branch:
        project = await call.deps.forge.project(scope.project_id)
        await check_may_push(call, project, scope.branch, await call.deps.forge.branch(scope.project_id, scope.branch))


async def _computed(call: ToolCallContext, diagnosis: Diagnosis) -> Change:
    scope = call.scope
    if not scope.branch:
        raise Refused("This session has no branch to change.", code="no_branch")
    head = await call.deps.forge.branch(scope.project_id, scope.branch)
    proposal = Proposal(title=_title(diagnosis.title), edits=diagnosis.edits, new_files=diagnosis.new_files)
    originals, executable = await _originals(call, paths_to_read(proposal), ref=head.sha)
    files = tuple(file.model_copy(update={"is_executable": file.path in executable}) for file in changed_files(proposal, originals))
    return Change.of(
        files,
        originals,
        project_id=scope.project_id,
        project_path=scope.project_path,
        branch=scope.branch,
        base_sha=head.sha,
        title=proposal.title,
    )


def _title(told: str) -> str:
    """Return the model's title as one plain line: it must not carry trailers of its own or switch the pipeline off."""
    return without_skip_marks(one_line(told))[:_TITLE_MAX].rstrip() or "Fix the pipeline"


async def _originals(call: ToolCallContext, paths: tuple[str, ...], *, ref: str) -> tuple[Mapping[str, str | None], frozenset[str]]:
    originals: dict[str, str | None] = {}
    executable = set()
    for path in paths:
        try:
            file = await call.deps.forge.file(call.scope.project_id, path, ref=ref)
        except NotFound:
            originals[path] = None
            continue
        originals[path] = file.text
        executable |= {path} if file.is_executable else set()
    return originals, frozenset(executable)


def _preview(change: Change) -> str:
    """Return the diff's beginning as it is shown.

    Raises:
        Refused: something of the change would be hidden, of which a person could not say yes.
    """
    lines = shown_diff(change.diff).split("\n")
    cut = len(lines) > _PREVIEW_LINES
    preview = "\n".join(lines[:_PREVIEW_LINES]) + (f"\n… {len(lines) - _PREVIEW_LINES} more lines" if cut else "")
    # On its way to the person it is redacted once more, and so must stay the same; the title is pushed too.
    if any(redact(text) != text for text in (preview, change.title)):
        raise hidden_change()
    return preview


def _shown(change: Change, ref: str, preview: str) -> dict[str, object]:
    return {
        "ref": ref,
        "digest": change.digest,
        "title": change.title,
        "branch": change.branch,
        "base_sha": change.base_sha,
        "effects": change.effects.sentence(),
        "preview": preview,
        "files_changed": change.effects.files_changed,
    }


async def push_change(call: ToolCallContext, asked: PushChange) -> ToolOutput:
    """Push the stored change. `outcome` is pushed or moved (the branch has other commits now; nothing was written)."""
    change = await _stored_change(call, asked.change_ref)
    _check_is_what_was_approved(change, asked, call)
    approver = await _consent(call, change.digest)
    project = await call.deps.forge.project(change.project_id)
    await check_may_push(call, project, change.branch, await call.deps.forge.branch(change.project_id, change.branch))
    result = await call.deps.repository.push_change(project, change, message=_message(change, call, approver))
    if not result.is_pushed:
        reason = f"Branch {change.branch} has moved to {result.head_sha[:8]} since the proposal was made."
        return ToolOutput({"outcome": "moved", "head_sha": result.head_sha, "reason": reason})
    url = f"{project.web_url}/-/commit/{result.sha}"
    return ToolOutput({"outcome": "pushed", "sha": result.sha, "url": url, "branch": change.branch, "digest": change.digest})


async def _stored_change(call: ToolCallContext, ref: str) -> Change:
    try:
        return Change.model_validate_json(await call.deps.contents.get(ref))
    except ValidationError:
        raise _not_what_was_approved() from None


def _check_is_what_was_approved(change: Change, asked: PushChange, call: ToolCallContext) -> None:
    same_place = (change.project_id, change.branch) == (call.scope.project_id, call.scope.branch)
    if not (change.is_intact() and change.digest == asked.digest and same_place):
        raise _not_what_was_approved()


def _not_what_was_approved() -> Refused:
    return Refused("The stored change is not the one that was consented to; nothing was pushed.", code="not_what_was_approved")


async def _consent(call: ToolCallContext, digest: str) -> str:
    """Return who consented to exactly this change in this run, as the session log has it.

    Raises:
        Refused: nobody has.
    """
    for line in await call.deps.sessions.lines(call.scope.session_id, kind=LogKind.ANSWER):
        is_consent = line.data.get("choice") == Choice.APPLY and line.data.get("digest") == digest
        if is_consent and line.run == call.scope.run:
            return line.actor
    raise Refused("Nobody has consented to this change in this run; nothing was pushed.", code="no_consent")


def _message(change: Change, call: ToolCallContext, approver: str) -> str:
    scope = call.scope
    consent = ("Duo-Approved-By", f"@{approver}"), ("Duo-Digest", change.digest)
    return with_trailers(change.title, trailers_of(scope.session_id, scope.requester, *consent))
