# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt bench`: which encoder, runtime and camera size suit this machine."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.command import FAILED, OK, Command, add_json_option, check_backbone_option


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt bench`."""
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and one camera size")
    parser.add_argument(
        "--backbone", action="append", default=[], metavar="NAME",
        help="an encoder to measure; may stand several times (default: those whose weights are here)",
    )  # fmt: skip
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure and tell."""
    from vfrt_ros.bench import advice

    for name in arguments.backbone:
        check_backbone_option(name)
    candidates, notes = advice.time_options(arguments.quick, arguments.backbone)
    if arguments.json:
        from vfrt_ros.cli.answer import to_json

        print(to_json(advice.as_dict(candidates, notes)))
    else:
        for candidate in candidates:
            print(f"{candidate.ms:8.1f} ms  {candidate.hz:6.1f} a second  {candidate.name}")
        print("\n".join(["", *advice.words(candidates), *notes]))
    return OK if candidates else FAILED


COMMAND = Command(
    summary="measure which encoder, runtime and camera size suit this machine",
    examples=(
        "vfrt bench --quick",
        "vfrt bench --backbone embedded --backbone clip_vit_b32",
        "vfrt bench --json",
    ),
    configure=configure,
    run=run,
)
