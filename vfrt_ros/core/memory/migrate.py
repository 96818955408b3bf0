# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Bring a file of an older format to this one, in one transaction."""

from __future__ import annotations

from vfrt_ros.core.memory import format2
from vfrt_ros.core.memory.database import transaction
from vfrt_ros.core.memory.schema import SCHEMA, execute_script, fresh_id
from vfrt_ros.core.memory.store_file import StoreFile


def migrate(file: StoreFile, version: int) -> None:
    """Turn the tables of an older format into a log.

    Args:
        file: Checked; nothing changes in it where this fails.
        version: Of its format.

    Raises:
        sqlite3.Error: It could not be written, or holds what no memory of its version holds.
    """
    database = file.database
    meta = format2.read_meta(database)
    identity = meta.get("identity") or fresh_id()
    robot = format2.robot_of(identity)
    rows = format2.rows_of_log(database, version, robot)
    database.execute("PRAGMA foreign_keys = OFF")
    try:
        with transaction(database):
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                if not name.startswith("sqlite_"):
                    database.execute(f"DROP TABLE {name}")
            execute_script(database, SCHEMA)
            file.write_rows(rows)
            file.write_meta(
                {
                    "encoder_id": meta["encoder_id"],
                    "space": meta["fingerprint"],
                    "dim": meta["dim"],
                    "version": meta["version"],
                    "identity": identity,
                    "format": "3",
                    "robot": robot,
                }
            )
    finally:
        database.execute("PRAGMA foreign_keys = ON")
