"""What the database's errors mean for a caller. No address, password, statement or value of a row ever gets into a message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError, StatementError

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, TryAgain

# Classes of SQLSTATE that come back however often one asks: wrong data, broken constraint, wrong statement.
# Source: PostgreSQL manual, appendix A.
_PERMANENT_SQLSTATES = ("22", "23", "42")
_PERMANENT = (IntegrityError, DataError, ProgrammingError)
_NO_TABLES = "The database has no tables of ours yet. Run the store's migrations against it."
_ADVICE_BY_SQLSTATE = {"42P01": _NO_TABLES}
# SQLite gives one and the same OperationalError for everything that it cannot do; only the text's beginning tells what.
_ADVICE_BY_SQLITE_TEXT = {
    "no such table": _NO_TABLES,
    "unable to open database file": "The database file cannot be opened. Check that its folder exists and may be written to.",
    "attempt to write a readonly database": "The database file may not be written to. Check who owns it.",
    "database or disk is full": "The disk of the database is full. Make room on it.",
    "database is locked": "Another process has been writing to the database for too long. Check that none is stuck.",
}


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn what the database raises inside the block into TryAgain or NeverAgain.

    The original error is left out of what loggers print, since drivers put values and addresses into their texts.
    """
    try:
        yield
    except DuoFlowsError:
        raise
    except (SQLAlchemyError, OSError, OverflowError) as error:
        raise _meaning(error) from None


def _meaning(error: Exception) -> DuoFlowsError:
    cause = _driver_error(error)
    if isinstance(cause, DuoFlowsError):
        return cause
    advice = _advice(cause)
    if advice:
        return TryAgain(advice)
    name = type(cause).__name__
    if _is_permanent(error, cause):
        return NeverAgain(
            f"The database refused what was to be stored ({name}). This is a fault in duo-flows.", code="store_refused"
        )
    return TryAgain(f"The database is down or busy ({name}). Check that it runs and can be reached.")


def _driver_error(error: Exception) -> BaseException:
    if isinstance(error, DBAPIError):
        return error.driver_exception
    if isinstance(error, StatementError) and error.orig is not None:
        return error.orig
    return error


def _advice(cause: BaseException) -> str:
    by_text = (advice for start, advice in _ADVICE_BY_SQLITE_TEXT.items() if str(cause).startswith(start))
    return _ADVICE_BY_SQLSTATE.get(getattr(cause, "sqlstate", None) or "") or next(by_text, "")


def _is_permanent(error: Exception, cause: BaseException) -> bool:
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate:
        return str(sqlstate).startswith(_PERMANENT_SQLSTATES)
    # A value that the driver could not even send: a number of too many digits, say.
    if isinstance(cause, ValueError | OverflowError):
        return True
    is_statement_fault = isinstance(error, StatementError) and not isinstance(error, DBAPIError)
    return is_statement_fault or isinstance(error, _PERMANENT)
