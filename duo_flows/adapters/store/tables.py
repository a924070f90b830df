"""The tables, as the code sees them today. How a database gets here is told by the migrations; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy import Text as SqlText

from .values import in_utc, storable_text


class Text(TypeDecorator[str]):
    """Text of any length, made storable on the way in."""

    impl = SqlText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text without what a database refuses."""
        del dialect
        return None if value is None else storable_text(value)


class UtcTime(TypeDecorator[datetime]):
    """An instant: aware UTC on our side, `timestamptz` in PostgreSQL, UTC without a zone in SQLite, which knows none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as the database keeps it."""
        if value is None:
            return None
        at = in_utc(value)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# Names are fixed here, because a migration can only change a constraint that has one.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("project_path", Text, nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester", Text, nullable=False),
    Column("goal", Text, nullable=False),
    Column("merge_request_iid", BigInteger),
    Column("issue_iid", BigInteger),
    Column("pipeline_id", BigInteger),
    Column("trigger", Text, nullable=False),
    Column("definition_ref", Text, nullable=False),
    Column("start_ref", Text, nullable=False),
    Column("latest_run", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "created_at", "id"),
    Index(None, "project_id", "created_at"),
    Index(None, "requester_id", "created_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("session_id", Text, ForeignKey("sessions.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("workflow_id", Text, nullable=False),
    # Empty until the worker registers; an id that is used again has one row for each execution.
    Column("execution_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("waiting", JSON(none_as_null=True)),
    Column("ending", Text),
    Column("summary", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    UniqueConstraint("workflow_id", "execution_id"),
)

# Append-only: triggers made by the migrations refuse every UPDATE and DELETE, and TRUNCATE on PostgreSQL.
session_log = Table(
    "session_log",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("data", JSON, nullable=False),
    UniqueConstraint("session_id", "key"),
    ForeignKeyConstraint(["session_id", "run"], ["runs.session_id", "runs.n"]),
)

model_turns = Table(
    "model_turns",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("component", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("turns", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("cost_microusd", BigInteger, nullable=False),
    Column("reply_ref", Text, nullable=False),
    Column("noted_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["session_id", "run"], ["runs.session_id", "runs.n"]),
)

_WAITING = text("state = 'waiting'")

inbox = Table(
    "inbox",
    metadata,
    # SQLite counts by itself only in a column declared INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("body", JSON, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("next_at", UtcTime),
    # Closed deliveries are kept as a record and would otherwise slow down every claim.
    Index("ix_inbox_waiting", "received_at", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
    Index("ix_inbox_waiting_session", "session_id", postgresql_where=_WAITING, sqlite_where=_WAITING),
)

contents = Table(
    "contents",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # The same bytes may be put again by a later session; what is kept by age is kept by this.
    Column("last_put_at", UtcTime, nullable=False),
)
