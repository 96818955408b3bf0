# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Parameters of every type and edge: a value that is allowed, or a SettingError in one line."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vfrt_ros.core.config.parameters import Settings, from_environment
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError

TABLES: dict[str, type[Settings]] = {"camera": CameraSettings, "recognition": RecognitionSettings}
ENTRIES = [entry for table in TABLES.values() for entry in table.parameters().values()]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.binary(max_size=10),
    st.sampled_from([10**400, -(10**400), 2**63, -0.0, 1e308, "nan", "1x1", "640x480", "\0", "\ud800"]),
)
values = st.one_of(
    scalars, st.lists(scalars, max_size=4), st.dictionaries(st.text(max_size=3), scalars, max_size=2)
)
entries = st.sampled_from(ENTRIES)


@example(CameraSettings.parameters()["fps"], 10**400)
@example(RecognitionSettings.parameters()["k"], 10**400)
@example(RecognitionSettings.parameters()["k"], math.inf)
@example(CameraSettings.parameters()["size"], [math.inf, math.nan])
@example(CameraSettings.parameters()["size"], [10**400, 1])
@given(entries, values)
def test_a_value_is_checked_or_refused(entry: Any, value: Any) -> None:
    try:
        checked = entry.check(value)
    except SettingError as error:
        assert entry.name in str(error)
        assert len(str(error)) < 500
        return
    assert entry.check(checked) == checked, "what was checked is fine"
    if isinstance(checked, float):
        assert math.isfinite(checked)


names = st.one_of(st.sampled_from([entry.name for entry in ENTRIES]), st.text(max_size=12))


@example(CameraSettings, {"\n": None})
@given(st.sampled_from(list(TABLES.values())), st.dictionaries(names, values, max_size=3))
def test_settings_are_made_or_refused(table: type[Settings], given_values: dict[str, Any]) -> None:
    try:
        settings = table.from_mapping(given_values)
    except SettingError as error:
        assert "\n" not in str(error)
        return
    assert settings.replace(**given_values) == settings


variables = st.one_of(
    st.sampled_from([f"VFRT_{entry.name.upper()}" for entry in ENTRIES]),
    st.text(max_size=8).map("VFRT_".__add__),
)
texts = st.one_of(
    st.text(max_size=40), st.sampled_from(["2001-99-99", "[" * 400, "!!python/object:x", "&a [*a]", "1e999"])
)


@example({"VFRT_\n": ""})
@example({"VFRT_K": "2001-99-99"})
@example({"VFRT_K": "[" * 400})
@example({"VFRT_INIT_LABELS": "&a [*a]"})
@given(st.dictionaries(variables, texts, max_size=2))
def test_environment_variables_are_read_or_refused(environment: dict[str, str]) -> None:
    known, others = (table.parameters() for table in (RecognitionSettings, CameraSettings))
    try:
        found = from_environment(environment, known, others)
    except SettingError as error:
        assert "\n" not in str(error)
        return
    assert set(found) <= set(known)


@pytest.fixture(scope="module")
def node() -> Any:
    rclpy = pytest.importorskip("rclpy")
    from vfrt_ros.nodes.recognition_node import RecognitionNode

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VFRT_BACKBONE", "fake")
        patch.setenv("VFRT_AUTOSTART", "false")
        context = rclpy.init()
        node = RecognitionNode([])
        yield node
        node.destroy_node()
        rclpy.try_shutdown(context=context)


ros_values = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.lists(st.booleans(), min_size=1, max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3),
    st.lists(st.floats(), min_size=1, max_size=3),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=5), min_size=1, max_size=3),
)


@given(st.lists(st.tuples(st.sampled_from(list(RecognitionSettings.parameters())), ros_values), max_size=3))
def test_all_or_nothing_is_set_and_the_node_follows(node: Any, changes: list) -> None:
    from rclpy.parameter import Parameter

    before = node.settings
    parameters = [Parameter(name, value=value) for name, value in dict(changes).items()]
    result = node.set_parameters_atomically(parameters)
    if not result.successful:
        assert result.reason
        assert node.settings == before
    for name, entry in node.settings.parameters().items():
        value = node.get_parameter(name).value
        assert entry.check(value) == getattr(node.settings, name), name
