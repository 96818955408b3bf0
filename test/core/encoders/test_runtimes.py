# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Choice of runtime, compiled models on disk, and silence on the network."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.runtimes import choose as runtime_module
from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
from vfrt_ros.core.encoders.runtimes.choose import choose_runtime
from vfrt_ros.core.encoders.runtimes.cores import usable_cores
from vfrt_ros.core.encoders.runtimes.precision import PrecisionTrial
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


def load(network: Network) -> Runtime:
    """By OpenVINO in float32."""
    return choose_runtime(network, "openvino", "cpu", "f32").load()


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "vfrt" / "openvino"


@pytest.mark.parametrize("name", ["torch", "openvino"])
def test_runs(name):
    run = choose_runtime(network([]), name, "cpu", "f32").load().run
    first, second = run(np.ones((1, 4), np.float32))[0], run(np.full((3, 4), 5, np.float32))[0]
    np.testing.assert_array_equal(second, np.full((3, 4), 10))
    # The first answer must be its own array: the runtime's buffer is written again by the second call.
    np.testing.assert_array_equal(first, np.full((1, 4), 2))


@pytest.mark.parametrize("cores", [1, 3])
def test_many_inputs_come_back_each_by_itself_and_in_order(monkeypatch, cores):
    monkeypatch.setattr(openvino_runtime, "usable_cores", lambda: cores)
    runtime = choose_runtime(network([]), "openvino", "cpu", "f32").load(many=True)
    assert runtime.streams == cores
    inputs = [(np.full((1 + number % 2, 4), number, np.float32),) for number in range(10)]
    for count in (10, 9, 1):
        answers = runtime.run_each(iter(inputs[:count]), count)
        for (given,), (answer,) in zip(inputs[:count], answers, strict=True):
            np.testing.assert_array_equal(answer, 2 * given)
    assert runtime.run_each([], 0) == []


@pytest.mark.parametrize(
    ("cores", "count", "by_all"),
    [(2, 5, [4]), (2, 4, []), (2, 1, [0]), (3, 7, [6]), (3, 5, []), (1, 3, [])],
    ids=["one left over", "none", "a single one", "one of three cores", "two left over", "one core"],
)
def test_all_cores_work_on_one_that_is_left_over(monkeypatch, cores, count, by_all):
    monkeypatch.setattr(openvino_runtime, "usable_cores", lambda: cores)
    runtime = choose_runtime(network([]), "openvino", "cpu", "f32").load(many=True)
    seen, run = [], runtime._model.run
    monkeypatch.setattr(
        runtime._model, "run", lambda inputs: seen.append(int(inputs[0][0, 0])) or run(inputs)
    )
    inputs = [(np.full((1, 4), number, np.float32),) for number in range(count)]
    answers = runtime.run_each(inputs, count)
    assert [float(answer[0, 0]) for (answer,) in answers] == [2.0 * number for number in range(count)]
    assert seen == by_all


def test_an_input_that_cannot_be_made_leaves_the_runtime_usable(monkeypatch):
    monkeypatch.setattr(openvino_runtime, "usable_cores", lambda: 2)
    runtime = choose_runtime(network([]), "openvino", "cpu", "f32").load(many=True)
    one = (np.ones((1, 4), np.float32),)

    def broken():
        yield one
        raise ValueError("no picture")

    with pytest.raises(ValueError, match="no picture"):
        runtime.run_each(broken(), 2)
    (answer,) = runtime.run_each([one], 1)
    np.testing.assert_array_equal(answer[0], np.full((1, 4), 2))


def test_compiled_model_is_found_again(fresh_cache):
    builds: list = []
    for _ in range(2):
        answer = load(network(builds)).run(np.ones((1, 4), np.float32))[0]
        np.testing.assert_array_equal(answer, np.full((1, 4), 2))
    assert builds == [2.0]


def test_other_weights_are_another_model(fresh_cache):
    builds: list = []
    load(network(builds))
    other = load(network(builds, 3.0, "b")).run(np.ones((1, 4), np.float32))[0]
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
    load(network(builds))
    (file,) = fresh_cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    answer = load(network(builds)).run(np.ones((1, 4), np.float32))[0]
    np.testing.assert_array_equal(answer, np.full((1, 4), 2))
    assert builds == [2.0, 2.0]
    load(network(builds))
    assert len(builds) == 2


def test_unwritable_cache_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    answer = load(network([])).run(np.ones((1, 4), np.float32))[0]
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
    choice = choose_runtime(network([]), runtime, device, precision)
    assert (choice.runtime, choice.precision) == expected


def processor(monkeypatch, *able: str) -> None:
    """A processor that can do these, for the choice; OpenVINO itself runs bf16 on any."""
    core = openvino_runtime._core()

    class Core:
        def get_property(self, device, name):
            return able if name == "OPTIMIZATION_CAPABILITIES" else core.get_property(device, name)

        def __getattr__(self, name):
            return getattr(core, name)

    monkeypatch.setattr(openvino_runtime, "_core", Core)


def test_precision_that_the_processor_lacks(monkeypatch):
    processor(monkeypatch, "FP32")
    with pytest.raises(EncoderError, match="'bf16' is not in this processor's arithmetic"):
        choose_runtime(network([]), "openvino", "cpu", "bf16")
    choice = choose_runtime(network([]), "openvino", "cpu", "auto")
    assert (choice.precision, choice.why) == ("f32", "the processor has neither bf16 nor f16")


def test_automatic_precision_is_measured_once(monkeypatch):
    processor(monkeypatch, "FP32", "BF16")
    trials: list[PrecisionTrial] = []

    def compare(network, load, precisions):
        trials.append(PrecisionTrial({"f32": 3.3, "bf16": 2.1}, {"f32": 1.0, "bf16": 0.9995}))
        return trials[-1]

    monkeypatch.setattr(openvino_runtime, "compare_precisions", compare)
    choices = [choose_runtime(network([]), "openvino", "cpu", "auto") for _ in range(2)]
    assert {(choice.precision, choice.why) for choice in choices} == {
        ("bf16", "measured: bf16 2.1 ms, f32 3.3 ms")
    }
    assert len(trials) == 1
    choose_runtime(network([], digest="another"), "openvino", "cpu", "auto")
    assert len(trials) == 2


@pytest.mark.parametrize("able", [("BF16", "FP16"), ("BF16",), ("FP16",)], ids=str)
def test_what_the_processor_has_is_tried(monkeypatch, able):
    processor(monkeypatch, "FP32", *able)
    names = [{"BF16": "bf16", "FP16": "f16"}[name] for name in able]
    asked: list[str] = []

    def compare(network, load, precisions):
        asked.extend(precisions)
        cosines = {"bf16": 0.9995, "f16": 0.9999}
        return PrecisionTrial(
            {"f32": 3.3, **dict.fromkeys(precisions, 2.1)},
            {"f32": 1.0, **{name: cosines[name] for name in precisions}},
        )

    monkeypatch.setattr(openvino_runtime, "compare_precisions", compare)
    choice = choose_runtime(network([]), "openvino", "cpu", "auto")
    assert (choice.precision, asked) == (names[-1], names)


def test_precision_that_was_asked_for_and_disagrees_is_refused(monkeypatch):
    processor(monkeypatch, "FP32", "BF16")
    trial = PrecisionTrial({"f32": 3.3, "bf16": 2.1}, {"f32": 1.0, "bf16": 0.99})
    monkeypatch.setattr(openvino_runtime, "compare_precisions", lambda *_: trial)
    with pytest.raises(EncoderError, match=r"a cosine of 0\.9900 to those of f32"):
        choose_runtime(network([]), "openvino", "cpu", "bf16")
    assert choose_runtime(network([]), "openvino", "cpu", "auto").precision == "f32"


def test_torch_refuses_a_precision_that_disagrees():
    rough = (np.array([[1.0, 1e-3, 1.0, -1.0]], np.float32),)

    def error_of_rounding(outputs):
        return (outputs[0] - rough[0] * 2) * 1e6 + [[0, 1, 0, 0]]

    tried = replace(network([]), trial=lambda: [rough], embed=error_of_rounding)
    with pytest.raises(EncoderError, match="use precision 'f32'"):
        choose_runtime(tried, "torch", "cpu", "bf16").load()
    assert choose_runtime(network([]), "torch", "cpu", "bf16").load().precision == "bf16"


def test_fallback_says_why(monkeypatch):
    monkeypatch.setattr(runtime_module.importlib.util, "find_spec", lambda name: None)
    choice = choose_runtime(network([]), "auto", "cpu")
    assert choice.runtime == "torch" and "openvino is not installed" in choice.why
    with pytest.raises(EncoderError, match="pip install openvino"):
        choose_runtime(network([]), "openvino", "cpu")


@pytest.mark.parametrize(
    "arguments, message",
    [(("openvino", "cuda"), "use runtime 'torch'"), (("torch", "cpu", "f16"), "no use on a CPU")],
)
def test_refused(arguments, message):
    with pytest.raises(EncoderError, match=message):
        choose_runtime(network([]), *arguments)


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
from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
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
