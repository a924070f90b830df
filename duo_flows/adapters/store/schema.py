"""Brings a database to today's tables. Only forwards: a log that nobody may cut cannot be taken back by a downgrade."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from .database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(url: str) -> None:
    """Bring the database at this address to the newest tables.

    Effects: creates or alters tables, all in one transaction. Safe to repeat; of several processes at once one works and the
    others find it done.

    Raises:
        TryAgain: the database is down or busy.
    """
    database = Database(url)
    try:
        async with database.write() as connection:
            await database.one_by_one(connection, "migrate")
            await connection.run_sync(_upgrade)
    finally:
        await database.close()


def _upgrade(connection: Connection) -> None:
    config = Config()
    # In a path a per cent sign is a letter, in this setting it is an escape.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    # The migrations get the connection, never the address: it may hold a password.
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
