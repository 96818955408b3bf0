# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Choice of runtime, compiled models on disk, and silence on the network."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.runtimes import choose as runtime_module
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.encoders.runtimes.cores import usable_cores
from vfrt_ros.core.types.errors import EncoderError

openvino_runtime = pytest.importorskip("vfrt_ros.core.encoders.runtimes.openvino")
pytest.importorskip("openvino")


def network(builds: list, factor: float = 2.0, digest: str = "a") -> Network:
    """y = factor * x, counting how often it is built."""
    import torch

    class Times(torch.nn.Module):
        def forward(self, x):
            return x * factor

    def build():
        builds.append(factor)
        return Times()

    return Network("times", digest, build, (np.ones((1, 4), np.float32),), ((0,),))


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "vfrt" / "openvino"


@pytest.mark.parametrize("name", ["torch", "openvino"])
def test_runs(name):
    run = choose_runtime(name, "cpu", "f32").load(network([])).run
    first, second = run(np.ones((1, 4), np.float32))[0], run(np.full((3, 4), 5, np.float32))[0]
    np.testing.assert_array_equal(second, np.full((3, 4), 10))
    # The first answer must be its own array: the runtime's buffer is written again by the second call.
    np.testing.assert_array_equal(first, np.full((1, 4), 2))


def test_compiled_model_is_found_again(fresh_cache):
    builds: list = []
    choice = choose_runtime("openvino", "cpu", "f32")
    for _ in range(2):
        answer = choice.load(network(builds)).run(np.ones((1, 4), np.float32))[0]
        np.testing.assert_array_equal(answer, np.full((1, 4), 2))
    assert builds == [2.0]


def test_other_weights_are_another_model(fresh_cache):
    builds: list = []
    choice = choose_runtime("openvino", "cpu", "f32")
    choice.load(network(builds))
    other = choice.load(network(builds, 3.0, "b")).run(np.ones((1, 4), np.float32))[0]
    np.testing.assert_array_equal(other, np.full((1, 4), 3))


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
        lambda raw: raw[:40] + b"!" + raw[41:],
        lambda raw: __import__("hashlib").sha256(b"not a model").digest() + b"not a model",
    ],
    ids=["cut short", "empty", "one byte", "not a model"],
)
def test_damaged_compiled_model_is_made_again(fresh_cache, damage):
    builds: list = []
    choice = choose_runtime("openvino", "cpu", "f32")
    choice.load(network(builds))
    (file,) = fresh_cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    answer = choice.load(network(builds)).run(np.ones((1, 4), np.float32))[0]
    np.testing.assert_array_equal(answer, np.full((1, 4), 2))
    assert builds == [2.0, 2.0]
    choice.load(network(builds))
    assert len(builds) == 2


def test_unwritable_cache_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    answer = choose_runtime("openvino", "cpu", "f32").load(network([])).run(np.ones((1, 4), np.float32))[0]
    np.testing.assert_array_equal(answer, np.full((1, 4), 2))
    assert cache.load("openvino", "anything") is None


@pytest.mark.parametrize(
    "runtime, device, precision, expected",
    [
        ("auto", "cuda", "auto", ("torch", "f16")),
        ("auto", "mps", "auto", ("torch", "f32")),
        ("torch", "cpu", "auto", ("torch", "f32")),
        ("torch", "cpu", "bf16", ("torch", "bf16")),
        ("auto", "cpu", "f32", ("openvino", "f32")),
    ],
)
def test_runtime_chosen(runtime, device, precision, expected):
    choice = choose_runtime(runtime, device, precision)
    assert (choice.runtime, choice.precision) == expected


@pytest.mark.parametrize(
    "flags, expected", [("avx512f amx_bf16 amx_tile", "bf16"), ("avx512f avx512_bf16", "f32"), (None, "f32")]
)
def test_automatic_precision(tmp_path, flags, expected):
    cpuinfo = tmp_path / "cpuinfo"
    if flags is not None:
        cpuinfo.write_text(f"model name\t: a\nflags\t\t: {flags}\n")
    assert openvino_runtime.cpu_precision("auto", cpuinfo) == expected


def test_precision_that_the_processor_lacks(monkeypatch):
    monkeypatch.setattr(openvino_runtime, "_core", lambda: SimpleNamespace(get_property=lambda *_: ["FP32"]))
    with pytest.raises(EncoderError, match="'bf16' is not in this processor's arithmetic"):
        openvino_runtime.cpu_precision("bf16")


def test_fallback_says_why(monkeypatch):
    monkeypatch.setattr(runtime_module.importlib.util, "find_spec", lambda name: None)
    choice = choose_runtime("auto", "cpu")
    assert choice.runtime == "torch" and "openvino is not installed" in choice.why
    with pytest.raises(EncoderError, match="pip install openvino"):
        choose_runtime("openvino", "cpu")


@pytest.mark.parametrize(
    "arguments, message",
    [(("openvino", "cuda"), "use runtime 'torch'"), (("torch", "cpu", "f16"), "no use on a CPU")],
)
def test_refused(arguments, message):
    with pytest.raises(EncoderError, match=message):
        choose_runtime(*arguments)


def test_threads_follow_the_cores_of_the_process(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3}, raising=False)
    assert usable_cores() == 1


_BEFORE = """
import openvino, openvino_telemetry
openvino_telemetry.Telemetry.send_event = lambda *a, **k: sent.append(a)
openvino_telemetry.Telemetry.start_session = lambda *a, **k: sent.append(a)
"""


@pytest.mark.parametrize("before", ["", _BEFORE], ids=["first", "imported before"])
def test_openvino_reports_nothing(tmp_path, before):
    """On a first import its telemetry would leave a folder in the home, and on a conversion send events."""
    script = f"""
sent = []
{before}
from vfrt_ros.core.encoders.runtimes.openvino import OpenvinoRuntime
from vfrt_ros.core.encoders.runtimes.base import Network
import numpy as np, torch
OpenvinoRuntime(Network("relu", "x", torch.nn.ReLU, (np.ones((1, 2), np.float32),)), "f32")
print(sent)
"""
    environment = dict(os.environ, HOME=str(tmp_path))
    # Otherwise its telemetry knows a build machine and is silent by itself.
    environment.pop("CI", None)
    if before:
        (tmp_path / "intel").mkdir()
        (tmp_path / "intel" / "openvino_telemetry").write_text("0")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
    if not before:
        assert not (tmp_path / "intel").exists()
