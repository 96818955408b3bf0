# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`docs/evaluation.md` names every figure and method that the code has, and no other option."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tools.eval_bar.accuracy import METHODS as COMPARED
from vfrt_ros.cli.eval.command import configure
from vfrt_ros.evaluation.methods import METHODS, parse_methods
from vfrt_ros.evaluation.metric_names import METRICS

TEXT = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_every_figure_and_no_other_is_explained() -> None:
    section = TEXT.split("## What the figures mean")[1].split("##")[0]
    rows = re.findall(r"^\| ([^|]+?) \|", section, re.MULTILINE)
    assert rows[1:] == [metric.title for metric in METRICS.values()]


def test_every_method_is_named_as_the_command_takes_it() -> None:
    section = TEXT.split("`--fuse` chooses")[1].split("`--backbone`")[0]
    named = parse_methods(re.findall(r"`([a-z_]+)`", section))
    assert {method.name for method in named} == set(METHODS)
    assert {method.name for method in COMPARED} == set(METHODS)


def test_every_option_that_is_named_exists() -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    options = set(parser._option_string_actions)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) <= options
