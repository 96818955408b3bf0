# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The tables of a memory's file."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Mapping

from vfrt_ros.core.memory.checksum import MASK
from vfrt_ros.core.memory.database import APPLICATION_ID
from vfrt_ros.core.types.operation import NO_END

SCHEMA_VERSION = 3
TABLES = ("meta", "operation")
ROBOT_DIGITS = 12

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE operation (
    robot TEXT NOT NULL, number INTEGER NOT NULL, clock INTEGER NOT NULL, kind TEXT NOT NULL,
    pruned INTEGER NOT NULL, payload BLOB NOT NULL, digest BLOB NOT NULL, checksum INTEGER NOT NULL,
    UNIQUE (robot, number)
) STRICT;
"""


def totals(tables: Iterable[str], column: str = "checksum") -> str:
    """SQL that keeps the number of rows and the sum of checksums of each table.

    Args:
        tables: Their names.
        column: In which the checksums stand.
    """
    script = f"CREATE TABLE total (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, {column} INTEGER NOT NULL) STRICT;\n"
    for table in tables:
        script += f"INSERT INTO total VALUES ('{table}', 0, 0);\n"
        for event, rows, terms in (
            ("INSERT", 1, f"{column} + NEW.{column}"),
            ("UPDATE", 0, f"{column} - OLD.{column} + NEW.{column}"),
            ("DELETE", -1, f"{column} - OLD.{column}"),
        ):
            script += (
                f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN UPDATE total "
                f"SET rows = rows + {rows}, {column} = ({terms}) & {MASK} WHERE name = '{table}'; END;\n"
            )
    return script


def header(version: int) -> str:
    """SQL that marks a file as a memory of a format."""
    return f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version};\n"


SCHEMA = _TABLES + totals(TABLES) + header(SCHEMA_VERSION)


def definitions(database: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Type, name and text of everything that a schema defines."""
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    return set(database.execute(query))


def expected_definitions(script: str = SCHEMA) -> set[tuple[str, str, str]]:
    """The definitions of a sound file that this script made."""
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(script)
        return definitions(database)
    finally:
        database.close()


def execute_script(database: sqlite3.Connection, script: str) -> None:
    """Run statements inside the transaction that is open; `executescript` would commit it first.

    Args:
        database: With an open transaction.
        script: Statements, each ended by a semicolon.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""


def former_robots(meta: Mapping[str, str]) -> dict[str, int]:
    """The robot ids that a memory had, and its last number under each; before a memory knew it, there was no end.

    Args:
        meta: Facts that are written beside the log.

    >>> former_robots({"former_robots": "a1b2 c3d4:17"})["c3d4"]
    17
    """
    entries = (entry.partition(":") for entry in meta.get("former_robots", "").split())
    return {robot: int(last) if colon else NO_END for robot, colon, last in entries}


def renamed(meta: Mapping[str, str], last: int, robot: str = "") -> dict[str, str]:
    """The facts of a memory that goes on as another robot.

    Args:
        meta: Facts that are written beside the log now.
        last: The last number of the old robot that stays its own.
        robot: The new id; empty = a random one.
    """
    former = [*meta.get("former_robots", "").split(), f"{meta['robot']}:{last}"]
    return {"robot": robot or fresh_robot(), "former_robots": " ".join(former)}


def fresh_id() -> str:
    """32 hexadecimal digits that no other memory has."""
    return uuid.uuid4().hex


def fresh_robot() -> str:
    """12 hexadecimal digits that no other robot has: people read them, and two that are alike are told."""
    return uuid.uuid4().hex[:ROBOT_DIGITS]
