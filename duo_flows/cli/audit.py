"""`duoflow audit`: the operator's look at the audit chain, straight at the database and without a server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from duo_flows.domain.audit import SignedHead, head_of
from duo_flows.domain.errors import DuoFlowsError

from .failures import CommandError, ExitCode
from .output import err, plain, print_json, say
from .processes import failure_of, settings_of_process

if TYPE_CHECKING:
    from duo_flows.bootstrap.audit import Report

_NO_HEADS = (
    "No signed head vouches for it: events cut off at its end, or a chain computed anew, would not be seen. "
    "Run `duoflow audit sign` from time to time, and keep the heads file."
)


def add_to(app: App) -> None:
    """Add the commands."""
    audit = App(name="audit", help="The audit chain: who did what, bound together so that nobody can change it unseen.")
    for command in (verify, export, sign):
        audit.command(command)
    app.command(audit)


async def verify(*, head: Sequence[str] = (), json: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Check the audit chain of DUOFLOWS_DATABASE_URL against itself and against its signed heads.

    It names events that were changed, removed, put in or moved, a chain that is cut off or was computed anew, and ends with exit
    code 8 then.

    Args:
        head: A signed head out of an item's closing note, or the text around it; may be given several times.
        json: Print JSON: `sound`, `events`, `heads`, `witnessed` (the last event that a head vouches for), `faults`.
    """
    from duo_flows.bootstrap.audit import open_audit

    told = [_told(text) for text in head]
    try:
        async with open_audit(settings_of_process()) as audit:
            report = await audit.check(told=told)
    except DuoFlowsError as error:
        raise failure_of(error) from None
    print_json(_as_json(report)) if json else _tell(report)
    return ExitCode.OK if report.is_sound else ExitCode.AUDIT_BROKEN


async def export(*, after: int = 0) -> None:
    """Print the audit chain, one line of JSON for each event, in order.

    Args:
        after: Begin after the event of this number.
    """
    from duo_flows.bootstrap.audit import open_audit

    try:
        async with open_audit(settings_of_process()) as audit:
            async for line in audit.lines(after=after):
                sys.stdout.write(f"{line}\n")
    except DuoFlowsError as error:
        raise failure_of(error) from None
    sys.stdout.flush()


async def sign() -> None:
    """Sign how far the audit chain has come, keep it in DUOFLOWS_AUDIT_HEADS_FILE, and print it.

    Run it from time to time, and keep a copy of the file where the database's owner cannot change it.
    """
    from duo_flows.bootstrap.audit import open_audit

    try:
        async with open_audit(settings_of_process()) as audit:
            head = await audit.sign_head()
    except DuoFlowsError as error:
        raise failure_of(error) from None
    say(str(head))


def _told(text: str) -> SignedHead:
    head = head_of(text)
    if head is None:
        words = "--head holds no signed head. Copy the line that begins with `duo-flows-audit-head` whole."
        raise CommandError(words, exit_code=ExitCode.USAGE)
    return head


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "sound": report.is_sound,
        "events": report.event_count,
        "heads": report.head_count,
        "witnessed": report.witnessed,
        "fault_count": report.fault_count,
        "faults": [fault.model_dump(mode="json") for fault in report.faults],
        "unreadable_head_lines": report.unreadable_heads,
    }


def _tell(report: Report) -> None:
    for fault in report.faults:
        err.print(plain(fault.text), style="red")
    if report.fault_count > len(report.faults):
        err.print(f"And {report.fault_count - len(report.faults):,} more.", style="red")
    for number in report.unreadable_heads:
        err.print(
            f"Line {number} of the heads file holds no signed head: it was changed, or cut short by a full disk.", style="red"
        )
    verdict = "The audit chain holds" if report.is_sound else "The audit chain is NOT what it was"
    say(f"{verdict}: {report.event_count:,} events, {report.head_count:,} signed heads.")
    if report.event_count:
        say(f"Its heads vouch for the first {report.witnessed:,} events." if report.witnessed else _NO_HEADS)
