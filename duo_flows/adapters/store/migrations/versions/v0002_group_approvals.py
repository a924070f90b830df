"""Group Approval: items with reviewers, revisions, reviews, comments, ticks, notices; decisions and their words; the audit chain.

Revisions, reviews, ticks, decisions and audit events are append-only by triggers.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)

# Each with its unique keys: SQLite removes a row that a REPLACE puts another in the place of without asking a DELETE trigger.
_APPEND_ONLY = {
    "approval_revisions": (("item_id", "number"),),
    "approval_reviews": (("item_id", "n"), ("item_id", "key")),
    "approval_ticks": (("item_id", "n"), ("item_id", "key")),
    "approval_decisions": (("item_id",),),
    "approval_decision_people": (("item_id", "person_id"),),
    "approval_decision_links": (("item_id", "key"),),
    "audit_events": (("seq",), ("key",)),
}


def upgrade() -> None:
    """Make the tables."""
    _create_items()
    _create_reviewers()
    _create_revisions()
    _create_reviews()
    _create_comments()
    _create_ticks()
    _create_notices()
    _create_decisions()
    _create_audit_events()
    if op.get_bind().dialect.name == "sqlite":
        _create_words_in_sqlite()
        _guard_in_sqlite()
    else:
        _create_words_in_postgresql()
        _guard_in_postgresql()


def _create_items() -> None:
    op.create_table(
        "approval_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("project_path", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("previous_id", sa.Text()),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("linked", sa.JSON(), nullable=False),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("deadline", _TIME),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("issue_iid", sa.BigInteger()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_approval_items"),
        sa.UniqueConstraint("project_id", "number", name="uq_approval_items_project_id_number"),
        sa.ForeignKeyConstraint(["previous_id"], ["approval_items.id"], name="fk_approval_items_previous_id"),
    )
    for columns in (
        ("project_id", "opened_at"),
        ("project_id", "issue_iid"),
        ("session_id",),
        ("requester_id", "opened_at"),
        ("previous_id",),
    ):
        _index("approval_items", *columns)


def _create_reviewers() -> None:
    op.create_table(
        "approval_reviewers",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("waiting_since", _TIME),
        sa.PrimaryKeyConstraint("item_id", "person_id", name="pk_approval_reviewers"),
        _of_item("approval_reviewers"),
    )
    waiting = sa.text("waiting_since IS NOT NULL")
    op.create_index(
        "ix_approval_reviewers_waiting",
        "approval_reviewers",
        ["person_id", "waiting_since", "item_id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def _create_revisions() -> None:
    op.create_table(
        "approval_revisions",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_ref", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("editor_id", sa.BigInteger()),
        sa.Column("editor", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "number", name="pk_approval_revisions"),
        sa.UniqueConstraint("item_id", "number", "digest", name="uq_approval_revisions_item_id_number_digest"),
        sa.ForeignKeyConstraint(["content_ref"], ["contents.digest"], name="fk_approval_revisions_content_ref"),
        _of_item("approval_revisions"),
    )
    _index("approval_revisions", "content_ref")


def _create_reviews() -> None:
    op.create_table(
        "approval_reviews",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "n", name="pk_approval_reviews"),
        sa.UniqueConstraint("item_id", "key", name="uq_approval_reviews_item_id_key"),
        _of_revision("approval_reviews"),
    )


def _create_comments() -> None:
    op.create_table(
        "approval_comments",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_body", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note_id", sa.BigInteger()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("edited_at", _TIME),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "key", name="pk_approval_comments"),
        _of_item("approval_comments"),
    )


def _create_ticks() -> None:
    op.create_table(
        "approval_ticks",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("entry_digest", sa.Text(), nullable=False),
        sa.Column("is_ticked", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "n", name="pk_approval_ticks"),
        sa.UniqueConstraint("item_id", "key", name="uq_approval_ticks_item_id_key"),
        _of_revision("approval_ticks"),
    )


def _create_notices() -> None:
    op.create_table(
        "approval_notices",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME),
        sa.PrimaryKeyConstraint("item_id", "n", name="pk_approval_notices"),
        sa.UniqueConstraint("item_id", "key", name="uq_approval_notices_item_id_key"),
        _of_item("approval_notices"),
    )


def _create_decisions() -> None:
    op.create_table(
        "approval_decisions",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("project_path", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("reviews", sa.JSON(), nullable=False),
        sa.Column("linked", sa.JSON(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_approval_decisions"),
        _of_item("approval_decisions"),
        sa.ForeignKeyConstraint(
            ["item_id", "revision", "digest"],
            ["approval_revisions.item_id", "approval_revisions.number", "approval_revisions.digest"],
            name="fk_approval_decisions_item_id_revision_digest",
        ),
    )
    _index("approval_decisions", "project_id", "decided_at")
    _create_of_decision("people", sa.Column("person_id", sa.BigInteger(), nullable=False))
    _create_of_decision("links", sa.Column("key", sa.Text(), nullable=False))


def _create_of_decision(what: str, column: sa.Column[Any]) -> None:
    table = f"approval_decision_{what}"
    op.create_table(
        table,
        sa.Column("item_id", sa.Text(), nullable=False),
        column,
        sa.PrimaryKeyConstraint("item_id", column.name, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["item_id"], ["approval_decisions.item_id"], name=f"fk_{table}_item_id"),
    )
    _index(table, column.name)


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("received_at", _TIME),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_events"),
        sa.UniqueConstraint("key", name="uq_audit_events_key"),
    )
    _index("audit_events", "item_id", "seq")


def _of_item(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["item_id"], ["approval_items.id"], name=f"fk_{table}_item_id")


def _of_revision(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["item_id", "revision"],
        ["approval_revisions.item_id", "approval_revisions.number"],
        name=f"fk_{table}_item_id_revision",
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _create_words_in_sqlite() -> None:
    has_full_text = op.get_bind().exec_driver_sql("SELECT sqlite_compileoption_used('ENABLE_FTS5')").scalar()
    if has_full_text:
        # Words come folded and apart by blanks; this tokenizer leaves them as they are, in any script.
        op.execute("CREATE VIRTUAL TABLE decision_words USING fts5(item_id UNINDEXED, title, summary, text, tokenize = 'ascii')")
    else:
        op.execute("CREATE TABLE decision_words (item_id TEXT PRIMARY KEY, title TEXT, summary TEXT, text TEXT)")


def _create_words_in_postgresql() -> None:
    op.execute(
        "CREATE TABLE decision_words (item_id text PRIMARY KEY REFERENCES approval_decisions (item_id), words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_decision_words_words ON decision_words USING gin (words)")


def _guard_in_sqlite() -> None:
    for table, keys in _APPEND_ONLY.items():
        for verb in ("update", "delete"):
            _refuse_in_sqlite(f"{table}_no_{verb}", f"BEFORE {verb} ON {table}", f"{table} is append-only")
        _refuse_replacing(table, keys)
    _refuse_replacing("session_log", (("session_id", "seq"), ("session_id", "key")))
    _refuse_in_sqlite("approval_items_no_delete", "BEFORE delete ON approval_items", "approval_items are kept for good")


def _refuse_replacing(table: str, keys: tuple[tuple[str, ...], ...]) -> None:
    is_there = " OR ".join("(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys)
    when = f"BEFORE insert ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_there})"  # noqa: S608 - our own names
    _refuse_in_sqlite(f"{table}_no_replace", when, f"{table} is append-only")


def _refuse_in_sqlite(name: str, when: str, why: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{why}'); END")


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are kept for good', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _APPEND_ONLY:
        _refuse_in_postgresql(table, "UPDATE OR DELETE", "refuse_change")
    _refuse_in_postgresql("approval_items", "DELETE", "refuse_removal")


def _refuse_in_postgresql(table: str, verbs: str, refuse: str) -> None:
    op.execute(f"CREATE TRIGGER {table}_no_change BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION {refuse}()")
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {refuse}()")
