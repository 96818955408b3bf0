# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Loading by transformers prints nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("transformers")

from transformers.utils import logging

from vfrt_ros.core.encoders.embedded import minilm
from vfrt_ros.core.encoders.quiet_transformers import quiet_transformers


def test_the_sentence_network_is_loaded_without_a_word(capfd) -> None:
    minilm._build()
    assert capfd.readouterr() == ("", "")


def test_a_first_start_says_nothing_by_itself(tmp_path) -> None:
    pytest.importorskip("openvino")
    code = "from vfrt_ros.core.encoders.embedded.minilm import MiniLM; MiniLM('openvino', 'cpu').encode(['a cup'])"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}  # so that the network is converted
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("bars", [True, False])
def test_what_was_set_before_is_set_again(bars) -> None:
    level, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    (logging.enable_progress_bar if bars else logging.disable_progress_bar)()
    try:
        with pytest.raises(OSError), quiet_transformers():
            assert logging.get_verbosity() == logging.ERROR
            assert not logging.is_progress_bar_enabled()
            raise OSError
        assert logging.get_verbosity() == level
        assert logging.is_progress_bar_enabled() == bars
    finally:
        (logging.enable_progress_bar if had_bars else logging.disable_progress_bar)()
