"""The tables of a memory's file, and how older ones become these."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from vfrt_ros.core.memory.database import APPLICATION_ID
from vfrt_ros.core.memory.seal import MASK, sealed

SCHEMA_VERSION = 2
TABLES = ("meta", "example", "prompt", "step", "step_example")

_TABLES = """
CREATE TABLE total (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE example (
    id INTEGER PRIMARY KEY, label TEXT NOT NULL, embedding BLOB NOT NULL,
    negative INTEGER NOT NULL, batch INTEGER NOT NULL, created REAL NOT NULL, quality TEXT NOT NULL,
    thumbnail BLOB NOT NULL, source TEXT NOT NULL, present INTEGER NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE INDEX absent_example ON example(id) WHERE NOT present;
CREATE TABLE prompt (label TEXT PRIMARY KEY, prompts TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE step (
    id INTEGER PRIMARY KEY, what TEXT NOT NULL, undone INTEGER NOT NULL,
    prompts_before TEXT NOT NULL, prompts_after TEXT NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE TABLE step_example (
    step INTEGER NOT NULL REFERENCES step(id) ON DELETE CASCADE,
    example INTEGER NOT NULL REFERENCES example(id),
    before TEXT, after TEXT, seal INTEGER NOT NULL
) STRICT;
CREATE INDEX step_example_by_step ON step_example(step);
CREATE INDEX step_example_by_example ON step_example(example);
"""


def _totals(table: str) -> str:
    """What keeps the totals of a table."""
    add, subtract = "seal + NEW.seal", "seal - OLD.seal"
    return "".join(
        f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN UPDATE total "
        f"SET rows = rows + {rows}, seal = ({terms}) & {MASK} WHERE name = '{table}'; END;\n"
        for event, rows, terms in (
            ("INSERT", 1, add),
            ("UPDATE", 0, f"{subtract} + NEW.seal"),
            ("DELETE", -1, subtract),
        )
    )


SCHEMA = (
    _TABLES
    + "".join(f"INSERT INTO total VALUES ('{table}', 0, 0);\n" for table in TABLES)
    + "".join(_totals(table) for table in TABLES)
    + f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {SCHEMA_VERSION};\n"
)


def definitions(database: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Type, name and text of everything that the schema defines."""
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    return set(database.execute(query))


def expected_definitions() -> set[tuple[str, str, str]]:
    """What `definitions` gives for a sound file of this version."""
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(SCHEMA)
        return definitions(database)
    finally:
        database.close()


def execute_script(database: sqlite3.Connection, script: str) -> None:
    """Run statements inside the transaction that is open; `executescript` would commit it first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""


def fresh_identity() -> str:
    """A name for a memory that no other one has."""
    return uuid.uuid4().hex


def _from_1(database: sqlite3.Connection) -> None:
    """Version 1 had neither seals nor sources; ids came from AUTOINCREMENT."""
    old = ("meta", "example", "prompt", "step", "step_example")
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'example'").fetchone()
    for table in old:
        database.execute(f"CREATE TEMP TABLE old_{table} AS SELECT * FROM main.{table}")
    for table in reversed(old):
        database.execute(f"DROP TABLE main.{table}")
    execute_script(database, SCHEMA)
    meta = {**dict(database.execute("SELECT key, value FROM old_meta"))}
    meta |= {"identity": fresh_identity(), "format": "2", "next_id": str((row[0] if row else 0) + 1)}
    _fill(database, "meta", meta.items())
    columns = "id, label, embedding, negative, batch, created, quality, thumbnail, '', present"
    _fill(database, "example", database.execute(f"SELECT {columns} FROM old_example"))
    _fill(database, "prompt", database.execute("SELECT label, prompts FROM old_prompt"))
    columns = "id, what, undone, prompts_before, prompts_after"
    _fill(database, "step", database.execute(f"SELECT {columns} FROM old_step"))
    _fill(
        database,
        "step_example",
        database.execute("SELECT step, example, before, after FROM old_step_example"),
    )
    for table in old:
        database.execute(f"DROP TABLE old_{table}")


def _fill(database: sqlite3.Connection, table: str, rows: object) -> None:
    for row in rows:  # type: ignore[attr-defined]
        values = sealed(table, *row)
        database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1}
"""Version to what brings a file one version further; runs inside one transaction, foreign keys off."""


def migrate(database: sqlite3.Connection) -> None:
    """Bring a file of an older version to this one, in one transaction.

    Raises:
        sqlite3.Error: It could not be written, or holds what no memory of its version holds; nothing changed.
    """
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("BEGIN IMMEDIATE")
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        while version < SCHEMA_VERSION:
            MIGRATIONS[version](database)
            version += 1
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("PRAGMA foreign_keys = ON")
