# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The package reaches for no network that nobody asked for, from import to answer."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

SCRIPT = """
    import os, socket, sys
    attempts = []

    def refuse(*args, **keywords):
        attempts.append(args[-1] if args else keywords)
        raise OSError("the network is denied in this test")

    socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
    socket.getaddrinfo = socket.gethostbyname = refuse

    import numpy as np
    from vfrt_ros.core import RecognitionSettings, Recogniser

    settings = RecognitionSettings(backbone={backbone!r}, runtime={runtime!r}, memory_path=":memory:",
                                   init_labels=("cat", "rocket"))
    recogniser = Recogniser(settings)
    recogniser.recognise(np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8))
    recogniser.register("noise")
    recogniser.close()
    # OpenVINO reports from threads of its own: give them the time to try.
    import threading
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(2.0)
    sys.stdout.write(repr(attempts))
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("backbone", "runtime"), [("fake", "auto"), ("embedded", "openvino"), ("auto", "auto")]
)
def test_no_network_call_that_nobody_asked_for(backbone, runtime, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "no hub"))
    # A cache of its own: what is compiled for the first time must not reach out either.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    script = textwrap.dedent(SCRIPT).format(backbone=backbone, runtime=runtime)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "[]"
