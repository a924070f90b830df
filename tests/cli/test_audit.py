"""`duoflow audit`, on a database of its own."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duo_flows.adapters.store import migrate, open_store
from duo_flows.cli.app import run_command
from duo_flows.domain.audit import NewAuditEvent, imported

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = "a-key-of-thirty-two-bytes-or-more"


@pytest.fixture
def database(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "store.db"
    url = f"sqlite+aiosqlite:///{path}"
    monkeypatch.setenv("DUOFLOWS_DATABASE_URL", url)
    monkeypatch.setenv("DUOFLOWS_AUDIT_HEADS_FILE", str(tmp_path / "heads"))
    monkeypatch.setenv("DUOFLOWS_AUDIT_KEY", KEY)
    monkeypatch.delenv("DUOFLOWS_SETTINGS_FILE", raising=False)
    asyncio.run(migrate(url))
    return path


@pytest.fixture
def chain(database) -> Path:
    append(database, 1_200)
    return database


def append(database: Path, count: int, *, first: int = 1) -> None:
    async def appending() -> None:
        store = await open_store(f"sqlite+aiosqlite:///{database}", clock=lambda: NOON)
        known = {"at": NOON, "name": "review.submitted", "project_id": 7, "actor": "ann\x1b[2J", "door": "api"}
        await store.audit.append([NewAuditEvent(key=f"e{n}", **known) for n in range(first, first + count)])
        await store.close()

    asyncio.run(appending())


def tamper(database: Path, *statements: str) -> None:
    connection = sqlite3.connect(database)
    triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    connection.executescript(";".join([*(f"DROP TRIGGER {name}" for name in triggers), *statements]))
    connection.close()


def ran(capsys, *tokens: str) -> tuple[int, str, str]:
    code = run_command(["audit", *tokens])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_chain_that_nobody_touched_holds_and_says_what_vouches_for_it(chain, capsys):
    assert ran(capsys, "sign")[0] == 0
    append(chain, 3, first=1_201)

    code, out, err = ran(capsys, "verify")

    assert (code, err) == (0, "")
    assert "The audit chain holds: 1,203 events, 1 signed heads." in out
    assert "Its heads vouch for the first 1,200 events." in out


@pytest.mark.usefixtures("chain")
def test_without_heads_it_says_what_would_not_be_seen(capsys):
    code, out, _ = ran(capsys, "verify")

    assert code == 0
    assert "No signed head vouches for it: events cut off at its end, or a chain computed anew, would not be seen." in out


@pytest.mark.parametrize(
    ("statement", "words", "seq"),
    [
        ("UPDATE audit_events SET actor = 'bob' WHERE seq = 700", "Event 700 is not what it was", 700),
        ("DELETE FROM audit_events WHERE seq BETWEEN 500 AND 502", "Events 500 to 502 are missing.", 500),
        (
            "DELETE FROM audit_events WHERE seq > 1100",
            "The chain ends at event 1100, but a signed head vouches for event 1200",
            1101,
        ),
        ("UPDATE audit_events SET data = '[1]' WHERE seq = 501", "Event 501 cannot be read", 501),
        ("UPDATE audit_events SET revision = 'x' WHERE seq = 1200", "Event 1200 cannot be read", 1200),
    ],
)
def test_what_was_done_to_the_chain_is_named_once_with_an_exit_code_of_its_own(chain, capsys, statement, words, seq):
    ran(capsys, "sign")
    tamper(chain, statement)

    code, out, err = ran(capsys, "verify")
    told = json.loads(ran(capsys, "verify", "--json")[1])

    assert code == 8
    assert words in err
    assert "The audit chain is NOT what it was" in out
    assert (told["sound"], told["fault_count"], told["faults"][0]["seq"]) == (False, 1, seq)


def test_a_head_from_a_note_finds_what_a_lost_heads_file_cannot(chain, capsys):
    head = ran(capsys, "sign")[1].strip()
    Path(chain.parent / "heads").unlink()
    tamper(chain, "DELETE FROM audit_events WHERE seq > 1000")

    assert ran(capsys, "verify")[0] == 0
    code, _, err = ran(capsys, "verify", "--head", f"<!-- {head} -->")

    assert code == 8
    assert "its end was cut off" in err


@pytest.mark.usefixtures("chain")
def test_heads_of_another_key_are_not_believed(capsys, monkeypatch):
    ran(capsys, "sign")
    monkeypatch.setenv("DUOFLOWS_AUDIT_KEY", "another-key")

    code, _, err = ran(capsys, "verify")

    assert code == 8
    assert "was not signed with this audit key" in err


def test_a_heads_file_that_was_changed_is_told_by_its_line(chain, capsys):
    ran(capsys, "sign")
    Path(chain.parent / "heads").write_text("nothing\n")

    code, _, err = ran(capsys, "verify")

    assert code == 8
    assert "Line 1 of the heads file holds no signed head" in err


@pytest.mark.usefixtures("chain")
def test_what_is_no_head_is_a_mistake_of_the_command(capsys):
    code, _, err = ran(capsys, "verify", "--head", "1200")

    assert code == 2
    assert "--head holds no signed head" in err


def test_without_a_key_nothing_is_signed_and_the_key_is_named(database, capsys, monkeypatch):
    monkeypatch.setenv("DUOFLOWS_AUDIT_KEY", "")
    monkeypatch.setenv("DUOFLOWS_SIGNING_KEY", "")

    code, _, err = ran(capsys, "sign")

    assert code == 3
    assert "Set DUOFLOWS_AUDIT_KEY" in err
    assert not Path(database.parent / "heads").exists()


@pytest.mark.usefixtures("chain")
def test_without_a_key_of_its_own_the_chain_is_signed_with_one_that_follows_from_the_doors(capsys, monkeypatch):
    monkeypatch.setenv("DUOFLOWS_AUDIT_KEY", "")
    monkeypatch.setenv("DUOFLOWS_SIGNING_KEY", "s" * 32)

    ran(capsys, "sign")

    assert "vouch for the first 1,200 events" in ran(capsys, "verify")[1]


@pytest.mark.usefixtures("chain")
def test_an_export_is_one_line_for_each_event_that_anybody_can_read_back(capsys):
    code, out, err = ran(capsys, "export", "--after", "1_100")

    events = [imported(json.loads(line)) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [event.seq for event in events] == list(range(1_101, 1_201))
    assert "\x1b" not in out


def test_an_export_ends_at_an_event_that_cannot_be_read_and_says_which(chain, capsys):
    tamper(chain, "UPDATE audit_events SET data = '[1]' WHERE seq = 600")

    code, out, err = ran(capsys, "export")

    assert code == 3
    assert "Event 600 cannot be read" in err
    assert len(out.splitlines()) == 599


def test_a_database_without_tables_says_what_to_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DUOFLOWS_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("DUOFLOWS_AUDIT_HEADS_FILE", str(tmp_path / "heads"))

    code, _, err = ran(capsys, "verify")

    assert code == 5
    assert "no tables of ours yet" in err
