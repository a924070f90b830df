"""How a command ends: the exit codes, and the failures that carry them. Part of the public interface."""

from __future__ import annotations

from enum import IntEnum

from duo_flows.domain.sessions import SessionStatus


class ExitCode(IntEnum):
    """What the shell is told."""

    OK = 0
    SESSION_FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    SESSION_STOPPED = 6
    INVALID_FLOW = 7
    AUDIT_BROKEN = 8
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "done; a session that was followed finished",
    ExitCode.SESSION_FAILED: "the session that was followed failed",
    ExitCode.USAGE: "the command was not understood",
    ExitCode.REFUSED: "refused: not allowed, or not at this time; nothing was changed",
    ExitCode.NOT_FOUND: "there is no such thing, or you may not see it",
    ExitCode.UNREACHABLE: "duo-flows (or a part of it) does not answer; try again later",
    ExitCode.SESSION_STOPPED: "the session that was followed was stopped, cancelled or expired",
    ExitCode.INVALID_FLOW: "a flow file cannot run, or with `--strict` has warnings",
    ExitCode.AUDIT_BROKEN: "the audit chain is not what it was",
    ExitCode.INTERRUPTED: "interrupted with Ctrl-C; a session goes on without you",
}

_OF_STATUS = {
    SessionStatus.FINISHED: ExitCode.OK,
    SessionStatus.FAILED: ExitCode.SESSION_FAILED,
    SessionStatus.STOPPED: ExitCode.SESSION_STOPPED,
}


class CommandError(Exception):
    """A command cannot do what it was asked. The message is for the person at the terminal.

    Args:
        message: what is wrong and what to do.
        exit_code: what the shell is told.
        code: the API's stable word, where it gave one.
    """

    def __init__(self, message: str, *, exit_code: ExitCode, code: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code


def exit_code_of(status: SessionStatus) -> ExitCode:
    """Return the exit code of a command that followed a session to this status."""
    return _OF_STATUS.get(status, ExitCode.OK)
