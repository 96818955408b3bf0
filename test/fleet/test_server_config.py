# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The configurations that we give away are such as the server takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vfrt_ros.fleet.server import ServerConfig, ServerMissingError, server_program

GIVEN = sorted((Path(__file__).parents[2] / "config" / "fleet").glob("*.conf"))


@pytest.fixture
def program() -> Path:
    try:
        return server_program()
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("file", GIVEN, ids=lambda file: file.name)
def test_the_server_takes_it(program: Path, file: Path) -> None:
    done = subprocess.run([program, "-t", "-c", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_each_server_of_the_three_is_another_one_of_the_same_cluster() -> None:
    texts = [file.read_text() for file in GIVEN if file.name.startswith("server")]
    assert len(texts) == 3 and len({text.split("server_name: ")[1].split()[0] for text in texts}) == 3
    assert len({text.partition("jetstream")[2] for text in texts}) == 1


def test_odd_names_are_quoted(program: Path, tmp_path: Path) -> None:
    store = tmp_path / 'two words { and "quotes"'
    file = tmp_path / "made.conf"
    file.write_text(ServerConfig(host="::1", store=store, token="a b}", name="x{y").text())
    done = subprocess.run([program, "-t", "-c", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
