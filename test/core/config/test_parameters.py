# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters: types, ranges, names, and variables of the environment."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from vfrt_ros.core.config.parameters import ParameterKind, from_environment
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.types.errors import SettingError

TAKEN = {
    "a whole number for a number": (RecognitionSettings, "alpha_fusion", 1, 1.0),
    "a number for a text": (CameraSettings, "source", 0, "0"),
    "a size in words": (CameraSettings, "size", "1280x720", (1280, 720)),
    "a list of numbers": (CameraSettings, "size", [320, 240], (320, 240)),
    "texts with commas": (RecognitionSettings, "init_labels", "cat, dog", ("cat", "dog")),
    "nothing for texts, as ROS reads []": (RecognitionSettings, "init_labels", None, ()),
    "a size in brackets": (CameraSettings, "size", "[1280 x 720]", (1280, 720)),
    "a list with an empty text": (RecognitionSettings, "init_labels", [""], ()),
    "the lower bound": (RecognitionSettings, "alpha_fusion", 0.0, 0.0),
    "the upper bound": (RecognitionSettings, "temperature", 10.0, 10.0),
}

REFUSED = {
    "above": ("alpha_fusion", 1.5, r"'alpha_fusion' must be a number in \[0, 1\]; got 1.5"),
    "a lower bound": ("temperature", 0.009, r"in \[0\.01, 10\]"),
    "an open upper bound": ("temporal_ema", 1.0, r"in \[0, 1\)"),
    "not a number": ("alpha_fusion", float("nan"), "got nan"),
    "a text for a number": ("alpha_fusion", "half", "got the text 'half'"),
    "true for a number": ("k", True, "got the truth value True"),
    "a fraction for a whole number": ("k", 2.5, "a whole number"),
    "no such choice": ("fuse", "early", "one of calibrated, late"),
    "a mapping for a text": ("backbone", {"name": "clip"}, "must be a text; got a mapping"),
    "a number in a list of texts": ("init_labels", ["cat", 3], "a list of texts"),
    "a bracket that is not closed": (
        "init_labels",
        "[cat",
        r"'init_labels' must be a list of texts: '\[cat' opens",
    ),
    "a text in Latin 1": ("backbone", "caf\udce9", "must be a text; got the text 'caf\\\\udce9'"),
    "a text in Latin 1 in a list": ("init_labels", ["caf\udce9"], "must be a list of texts"),
    "an unknown name": ("alpha_fuson", 0.5, "Unknown parameter 'alpha_fuson'. Did you mean 'alpha_fusion'"),
}


@pytest.mark.parametrize(("settings", "name", "value", "taken"), TAKEN.values(), ids=TAKEN.keys())
def test_a_value_is_taken_in_its_own_type(settings, name, value, taken) -> None:
    result = getattr(settings.from_mapping({name: value}), name)
    assert result == taken
    assert type(result) is type(taken)


@pytest.mark.parametrize(("name", "value", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_value_is_refused_in_words(name, value, text) -> None:
    with pytest.raises(SettingError, match=text):
        RecognitionSettings.from_mapping({name: value})
    with pytest.raises(SettingError, match=text):
        RecognitionSettings().replace(**{name: value})


@pytest.mark.parametrize("settings", [RecognitionSettings, CameraSettings])
def test_every_parameter_has_a_description_and_a_valid_default(settings) -> None:
    for entry in settings.parameters().values():
        assert len(entry.description) > 10
        assert entry.check(entry.default) == entry.default
        if entry.kind in (ParameterKind.INT, ParameterKind.FLOAT):
            assert entry.range, entry.name


def environment(**variables: str) -> dict:
    return from_environment(variables, RecognitionSettings.parameters(), CameraSettings.parameters())


def test_variables_give_values_of_the_right_type() -> None:
    assert environment(
        VFRT_ALPHA_FUSION="0.5",
        VFRT_OPEN_SET="false",
        VFRT_INIT_LABELS="[cat, dog]",
        VFRT_MODEL_PATH="007",
        HOME="/x",
    ) == {"alpha_fusion": 0.5, "open_set": False, "init_labels": ("cat", "dog"), "model_path": "007"}


def test_an_empty_variable_gives_nothing_where_that_is_no_value() -> None:
    assert environment(VFRT_K="", VFRT_FUSE="", VFRT_OPEN_SET="", VFRT_ALPHA_FUSION="") == {}
    assert environment(VFRT_INIT_LABELS="", VFRT_MODEL_PATH="") == {"init_labels": (), "model_path": ""}


def test_a_variable_of_a_command_is_passed_over() -> None:
    assert environment(VFRT_PANEL_TOKEN="secret") == {}


def test_a_variable_of_another_node_is_passed_over() -> None:
    assert environment(VFRT_SOURCE="demo") == {}


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("VFRT_ALPA_FUSION", "0.5", "VFRT_ALPA_FUSION names no parameter. Did you mean 'VFRT_ALPHA_FUSION'"),
        ("VFRT_ALPHA_FUSION", "2", r"in \[0, 1\]; got 2"),
        ("VFRT_ALPHA_FUSION", "{", "must be a number"),
    ],
)
def test_a_wrong_variable_is_refused_in_words(variable, value, text) -> None:
    with pytest.raises(SettingError, match=text):
        environment(**{variable: value})


def test_off_is_what_yaml_reads_as_false() -> None:
    assert RecognitionSettings(regions=False).regions == "off"
    with pytest.raises(SettingError, match="regions"):
        RecognitionSettings(regions=True)
    with pytest.raises(SettingError, match="regions"):
        RecognitionSettings(regions="radar")


def test_a_plug_in_adds_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        return [EntryPoint("radar", "boxes:build", group)] if group == "vfrt.region_sources" else []

    monkeypatch.setattr("vfrt_ros.core.config.parameters.entry_points", points)
    assert RecognitionSettings(regions="radar").regions == "radar"
