# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Tab after `vfrt`: what is offered, and that `source env.sh` switches it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vfrt_ros.cli.main import COMMANDS
from vfrt_ros.core.encoders import CATALOG

ROOT = Path(__file__).parents[2]
SEPARATOR = "\v"


def offered(line: str, folder: Path = ROOT) -> list[str]:
    """What argcomplete writes for a line that ends at the cursor, to the descriptor that it uses."""
    reader, writer = os.pipe()
    environment = {
        **os.environ,
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "IFS": SEPARATOR,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
    }
    code = f"import os; os.dup2({writer}, 8); os.dup2(2, 9); from vfrt_ros.cli.main import main; main()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, pass_fds=[writer], cwd=folder) as process:
        os.close(writer)
        with os.fdopen(reader) as answer:
            words = answer.read().split(SEPARATOR)
        process.wait(60.0)
    return sorted(word.strip() for word in words if word.strip())


OFFERED = {
    "commands by their beginning": ("vfrt re", ["recognise", "redo", "register", "relabel"]),
    "actions of a command": ("vfrt models p", ["path", "pull"]),
    "options": ("vfrt watch --j", ["--json"]),
    "choices of an option": ("vfrt live --device c", ["cpu", "cuda"]),
    "parameters": ("vfrt set open_set_", ["open_set_threshold"]),
    "no parameter that cannot be set": ("vfrt set memory_p", []),
    "encoders": ("vfrt models pull siglip_", ["siglip_base", "siglip_so400m"]),
    "an encoder as an option": ("vfrt live --backbone emb", ["embedded"]),
    "no files for a label": ("vfrt forget READ", []),
}


@pytest.mark.parametrize(("line", "words"), OFFERED.values(), ids=OFFERED)
def test_what_is_offered(line: str, words: list[str]) -> None:
    assert offered(line) == words


def test_every_command_and_encoder_is_offered() -> None:
    assert set(COMMANDS) <= set(offered("vfrt "))
    assert set(CATALOG) <= set(offered("vfrt models path "))


def test_files_are_offered_where_a_file_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "desk.zip").touch()
    assert offered("vfrt memory export de", tmp_path) == ["desk.zip"]


def test_a_call_without_tab_asks_for_no_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; from vfrt_ros.cli.main import main; main(['--version']); print('argcomplete' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "_ARGCOMPLETE"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.stdout.split()[-1] == "False"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is set up: env.sh, and what it sources."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "install").mkdir()
    shutil.copy(ROOT / "env.sh", tmp_path)
    programs = Path(sys.executable).parent
    (tmp_path / ".venv" / "bin" / "activate").write_text(
        f'export PATH="{programs}:$PATH"\n', encoding="utf-8"
    )
    for shell in ("bash", "zsh"):
        (tmp_path / "install" / f"local_setup.{shell}").touch()
    return tmp_path


SHELLS = {
    "bash": ["bash", "--norc", "-ic", "source env.sh; _vfrt_first_tab; echo $?; complete -p vfrt"],
    "zsh": [
        "zsh",
        "-f",
        "-ic",
        "autoload -U compinit; compinit -u; source ./env.sh; echo 124; echo $_comps[vfrt]",
    ],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_env_switches_it_on_in_an_interactive_shell(checkout: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    result = subprocess.run(
        SHELLS[shell], cwd=checkout, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    status, registered = result.stdout.splitlines()[-2:]
    assert status == "124", result.stderr  # bash is told to ask again
    assert "_python_argcomplete" in registered


def test_a_script_that_sources_env_gets_none(checkout: Path) -> None:
    command = ["bash", "-c", "source env.sh; complete -p vfrt"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert result.returncode == 1
    assert "no completion specification" in result.stderr
