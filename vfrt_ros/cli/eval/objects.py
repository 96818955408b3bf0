# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt eval --objects`: pictures with boxes, each thing by its crop against the whole picture."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import UsageError
from vfrt_ros.cli.eval.about import about_plan, warn

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import RecognitionSettings
    from vfrt_ros.evaluation.run import Plan
    from vfrt_ros.evaluation.summary import Summary

WHOLE = "whole picture"


def configure_objects(group: argparse._ArgumentGroup) -> None:
    """The options of `--objects`."""
    group.add_argument(
        "--objects", type=Path, metavar="FOLDER",
        help="pictures with boxes: COCO JSON, Pascal VOC XML or YOLO text; options as with a data set",
    )  # fmt: skip
    group.add_argument(
        "--regions", default="", metavar="NAME",
        help="also how well this source finds the boxes: grid, a plug-in, motion (the pictures are a film of --fps)",
    )  # fmt: skip


def evaluate_objects(
    arguments: argparse.Namespace,
    settings: RecognitionSettings,
    plan_for: Callable[[int], Plan],
) -> tuple[Summary, dict[str, Any]]:
    """Evaluate true boxes against whole pictures, and a source of boxes where one is named.

    Args:
        arguments: The command's.
        settings: Of the rules.
        plan_for: Makes the plan for a number of labels.

    Returns:
        The summary, with each method a second time for the whole pictures, and what the source found.
    """
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings
    from vfrt_ros.evaluation.boxed.features import features_of, see_things, usable
    from vfrt_ros.evaluation.boxed.finding import find
    from vfrt_ros.evaluation.boxed.load import load_boxed
    from vfrt_ros.evaluation.run import check_ways, run
    from vfrt_ros.evaluation.summary import summarise

    if not arguments.fps > 0:
        raise UsageError("--fps must be more than 0.")
    if arguments.regions in ("off", "topic"):
        raise UsageError(f"--regions expects a source that finds boxes by itself; got '{arguments.regions}'.")

    # A wrong name is said before hours have passed.
    settings.replace(regions=arguments.regions or settings.regions)
    shots = max(plan_for(0).shots)
    kind, pictures = load_boxed(arguments.objects, warn=warn)
    encoders = load_encoders(**encoder_settings(settings))
    seen = see_things(pictures, encoders, seed=arguments.seed, warn=warn, progress=True)
    things = usable(seen, shots, warn=warn)
    labels = tuple(sorted({thing.label for thing in things}))
    plan = plan_for(len(labels))
    check_ways(plan, len(labels))
    jobs = arguments.jobs or os.cpu_count() or 1
    table: dict[str, Any] = {}
    for whole, suffix in ((False, ""), (True, f" ({WHOLE})")):
        features = features_of(things, encoders, whole=whole)
        outcomes = run(plan, features, encoders, settings, jobs=jobs, progress=True)
        table |= {f"{method.name}{suffix}": own for method, own in outcomes.items()}
    about = {
        "dataset": arguments.objects.resolve().name,
        "format": kind,
        "pictures": len({thing.picture for thing in things}),
        "boxes": len(things),
        "labels": len(labels),
        **about_plan(plan, encoders, settings),
    }
    summary = summarise(about, labels, table, per_class=False)
    if not arguments.regions:
        return summary, {}
    found = find(
        things, encoders, settings,
        source=arguments.regions, ways=plan.ways, shots=shots, fps=arguments.fps,
    )  # fmt: skip
    return summary, found.as_dict()
