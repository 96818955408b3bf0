# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt set`: values by type, refusals with the node's reason."""

from __future__ import annotations

from typing import Any

import pytest

from .fake_recognition import FakeRecognition

pytestmark = pytest.mark.ros

GOOD = {
    "a number": ("alpha_fusion", "0.5", 0.5, 0.7),
    "a whole number for a number": ("alpha_fusion", "1", 1.0, 0.7),
    "a number with an exponent": ("alpha_fusion", "1e-3", 0.001, 0.7),
    "a whole number": ("k", "3", 3, 8),
    "false": ("open_set", "false", False, True),
    "a list in YAML": ("prompt_templates", '["{label}", "a {label}"]', ["{label}", "a {label}"], None),
    "a number below zero": ("offset", "-1e-3", -0.001, 0.0),
    "a text with a colon in a list": ("prompt_templates", "photo: {label}", ["photo: {label}"], None),
    "a list in brackets without quotes": ("prompt_templates", "[a {label}, 7]", ["a {label}", "7"], None),
    "a list with commas": ("prompt_templates", "{label}, a {label}", ["{label}", "a {label}"], None),
}


@pytest.mark.parametrize(("name", "text", "value", "before"), GOOD.values(), ids=GOOD)
def test_a_value_reaches_the_node_in_the_parameter_s_type(
    fake: FakeRecognition, vfrt: Any, name: str, text: str, value: Any, before: Any
) -> None:
    outcome = vfrt("set", name, text, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.json["value"] == value
    assert before is None or outcome.json["before"] == before
    at_node = fake.node.get_parameter(name).value
    assert (list(at_node) if isinstance(value, list) else at_node) == value


REFUSED = {
    "an unknown name": ("alpha_fuson", "0.5", "no parameter 'alpha_fuson'. Did you mean 'alpha_fusion'?"),
    "a text for a number": ("alpha_fusion", "much", "'alpha_fusion' must be a number; got 'much'"),
    "true for a number": ("alpha_fusion", "true", "must be a number"),
    "a fraction for a whole number": ("k", "2.5", "must be a whole number"),
    "infinity for a whole number": ("k", ".inf", "must be a whole number"),
    "a number for a truth value": ("open_set", "1", "must be true or false"),
    "out of the range": ("alpha_fusion", "1.5", "1.5"),
    "refused by the node": ("k", "0", "k must be at least 1"),
    "a whole number of too many bits": ("k", "99999999999999999999", "a whole number of 64 bits"),
    "a date that is none": ("k", "2020-99-99", "must be a whole number"),
    "a bracket that is not closed": ("prompt_templates", "[{label}", "does not end with ]"),
    "read-only": ("backbone", "embedded", "VFRT_BACKBONE=embedded vfrt live"),
}


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_why_and_changes_nothing(
    fake: FakeRecognition, vfrt: Any, name: str, text: str, reason: str
) -> None:
    before = fake.node.get_parameter_or(name).value
    outcome = vfrt("set", name, text)
    assert (outcome.status, outcome.out) == (1, "")
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1
    assert fake.node.get_parameter_or(name).value == before


def test_a_change_is_shown_with_what_it_was(fake: FakeRecognition, vfrt: Any) -> None:
    assert vfrt("set", "alpha_fusion", "0.5").out == "alpha_fusion = 0.5 (was 0.7)\n"
