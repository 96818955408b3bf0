# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`make eval-bar`: the bar that recognition has to reach, measured, with pass or fail for every line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from vfrt_ros.evaluation.threads import NAMES


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print.

    Args:
        argv: Arguments; None = those of the process.

    Returns:
        0 = every line is reached; 1 = one is not, or the data are missing; 130 = Ctrl-C.
    """
    arguments = _parser().parse_args(argv)
    os.environ.update(
        dict.fromkeys(NAMES, "1")
    )  # before numpy is imported: the times are those of one thread
    from vfrt_ros.core.types.errors import VfrtError

    try:
        return _measure(arguments)
    except VfrtError as error:
        print(f"eval-bar: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.eval_bar", description=__doc__)
    parser.add_argument("data", type=Path, help="the grocery photos: classes.csv, train/ and test/")
    parser.add_argument(
        "--embeddings", type=Path, help="real CLIP embeddings; their part is skipped where they are missing"
    )
    parser.add_argument("--backbone", default="embedded", help="the encoder (default: embedded)")
    parser.add_argument("--episodes", type=int, default=60, help="of each setting (default: 60)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)"
    )
    return parser


def _measure(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from tools.eval_bar.bar import GROCERIES, BarPlan, Measuring
    from tools.eval_bar.show import bar_tables
    from vfrt_ros.core.config.settings import RecognitionSettings
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings
    from vfrt_ros.evaluation.dataset import DatasetError

    if not arguments.data.is_dir():
        raise DatasetError(
            f"There are no photos in {arguments.data}, and no figure can be measured without: "
            "make eval-bar GROCERIES=path"
        )
    settings = RecognitionSettings(backbone=arguments.backbone)
    embeddings = arguments.embeddings
    if embeddings is not None and not embeddings.is_dir():
        _say(f"skipped: there are no embeddings by CLIP in {embeddings} (make eval-bar EMBEDDINGS=path)")
        embeddings = None
    plan = BarPlan(
        arguments.data, GROCERIES, count=arguments.episodes, jobs=arguments.jobs, embeddings=embeddings
    )
    measuring = Measuring(
        plan, load_encoders(**encoder_settings(settings)), settings, say=_say, warn=_say, progress=True
    )
    bar = measuring.bar()
    Console(width=None if sys.stdout.isatty() else 200).print(bar_tables(bar))
    return 0 if bar.passed else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
