"""The tables of Group Approval and of the audit chain, as the code sees them today.

The words that decisions are found by stand in `decision_words`, which each database has in its own form; see `decision_words.py`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from .tables import Text, UtcTime, metadata

approval_items = Table(
    "approval_items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", BigInteger, nullable=False),
    Column("project_path", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("run", Integer, nullable=False),
    Column("component", Text, nullable=False),
    # Null, not empty, where there is none: it points to an item.
    Column("previous_id", Text, ForeignKey("approval_items.id")),
    Column("policy", JSON, nullable=False),
    Column("linked", JSON, nullable=False),
    Column("is_confidential", Boolean, nullable=False),
    Column("deadline", UtcTime),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("issue_iid", BigInteger),
    Column("version", BigInteger, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # Set with a final state, and only then.
    Column("closed_at", UtcTime),
    UniqueConstraint("project_id", "number"),
    Index(None, "project_id", "opened_at"),
    Index(None, "project_id", "issue_iid"),
    Index(None, "session_id"),
    Index(None, "requester_id", "opened_at"),
    Index(None, "previous_id"),
)

_IS_WAITED_FOR = text("waiting_since IS NOT NULL")

approval_reviewers = Table(
    "approval_reviewers",
    metadata,
    Column("item_id", Text, ForeignKey("approval_items.id"), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("because", JSON, nullable=False),
    # When the item was opened, as long as it is open and this person has not voted on its current revision. It follows from the
    # other tables, and is kept so that a person's list is read off one index however many items are open.
    Column("waiting_since", UtcTime),
    Index(
        "ix_approval_reviewers_waiting",
        "person_id",
        "waiting_since",
        "item_id",
        postgresql_where=_IS_WAITED_FOR,
        sqlite_where=_IS_WAITED_FOR,
    ),
)

# Append-only, as approval_reviews, approval_ticks, approval_decisions with their people and links, and audit_events.
approval_revisions = Table(
    "approval_revisions",
    metadata,
    Column("item_id", Text, ForeignKey("approval_items.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # What somebody decided on must stay readable: the database does not let go of a content that a revision refers to.
    Column("content_ref", Text, ForeignKey("contents.digest"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("editor_id", BigInteger),
    Column("editor", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("item_id", "number", "digest"),
    Index(None, "content_ref"),
)

approval_reviews = Table(
    "approval_reviews",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("verdict", Text),
    Column("revision", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("item_id", "key"),
    ForeignKeyConstraint(["item_id", "revision"], ["approval_revisions.item_id", "approval_revisions.number"]),
)

approval_comments = Table(
    "approval_comments",
    metadata,
    Column("item_id", Text, ForeignKey("approval_items.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("thread", Text, nullable=False),
    Column("author_id", BigInteger),
    Column("author", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("first_body", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("note_id", BigInteger),
    Column("created_at", UtcTime, nullable=False),
    Column("edited_at", UtcTime),
    Column("is_deleted", Boolean, nullable=False),
)

approval_ticks = Table(
    "approval_ticks",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("entry_digest", Text, nullable=False),
    Column("is_ticked", Boolean, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("door", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("item_id", "key"),
    ForeignKeyConstraint(["item_id", "revision"], ["approval_revisions.item_id", "approval_revisions.number"]),
)

approval_notices = Table(
    "approval_notices",
    metadata,
    Column("item_id", Text, ForeignKey("approval_items.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("username", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    UniqueConstraint("item_id", "key"),
)

approval_decisions = Table(
    "approval_decisions",
    metadata,
    Column("item_id", Text, ForeignKey("approval_items.id"), primary_key=True),
    Column("project_id", BigInteger, nullable=False),
    Column("project_path", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("is_confidential", Boolean, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("person_id", BigInteger),
    Column("person", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("reviews", JSON, nullable=False),
    Column("linked", JSON, nullable=False),
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["item_id", "revision", "digest"],
        ["approval_revisions.item_id", "approval_revisions.number", "approval_revisions.digest"],
    ),
    Index(None, "project_id", "decided_at"),
)

approval_decision_people = Table(
    "approval_decision_people",
    metadata,
    Column("item_id", Text, ForeignKey("approval_decisions.item_id"), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "person_id"),
)

approval_decision_links = Table(
    "approval_decision_links",
    metadata,
    Column("item_id", Text, ForeignKey("approval_decisions.item_id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Index(None, "key"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("received_at", UtcTime),
    Column("event_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger),
    Column("actor", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("revision", Integer),
    Column("data", JSON, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "item_id", "seq"),
)
