# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt eval`: how good recognition is on a folder of pictures, or what it makes of a recording."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.answer import to_json
from vfrt_ros.cli.command import OK, Command, UsageError, add_json_option, check_backbone_option
from vfrt_ros.cli.eval.about import about_plan, warn
from vfrt_ros.cli.eval.objects import configure_objects, evaluate_objects
from vfrt_ros.cli.eval.protocol import configure_protocol, run_protocol_command
from vfrt_ros.cli.eval.stream import configure_stream, run_stream
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.types.counted import counted

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import RecognitionSettings
    from vfrt_ros.evaluation.run import Plan
    from vfrt_ros.evaluation.summary import Summary

DEFAULT_METHODS = "late,calibrated,ncm,knn,tip,gda"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt eval`."""
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        type=Path,
        nargs="?",
        help="a folder of class folders, or of train/ and test/",
    )
    parser.add_argument("--backbone", default="auto", metavar="NAME", help="the encoder (default: auto)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any parameter of the recognition node, e.g. --set open_set_threshold=0.02; may stand several times",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write CSV, JSON and a report there")
    add_json_option(parser)
    _configure_episodes(parser.add_argument_group("with a data set"))
    configure_objects(parser.add_argument_group("with boxes"))
    configure_protocol(parser.add_argument_group("with a published protocol"))
    configure_stream(parser.add_argument_group("with a recording"))


def _configure_episodes(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--ways", type=int, metavar="N", help="labels taught in an episode (default: half, 20 at most)"
    )
    group.add_argument("--shots", default="1,5", metavar="K,…", help="examples of each label (default: 1,5)")
    group.add_argument("--episodes", type=int, default=30, metavar="N", help="random episodes (default: 30)")
    group.add_argument(
        "--seed", type=int, default=42, metavar="N", help="of split and episodes (default: 42)"
    )
    group.add_argument(
        "--fuse", default=DEFAULT_METHODS, metavar="NAME,…",
        help=f"rules and baselines to compare (default: {DEFAULT_METHODS}; also text, ncm_text)",
    )  # fmt: skip
    group.add_argument(
        "--label-column", default="label", metavar="NAME", help="column of classes.csv with the labels"
    )
    group.add_argument("--jobs", type=int, metavar="N", help="processes at once (default: one a core)")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate a data set or replay a recording."""
    if sum(given is not None for given in (arguments.dataset, arguments.stream, arguments.objects)) != 1:
        raise UsageError("Expected either a DATASET, --objects FOLDER or --stream RECORDING.")
    _check_options(arguments)
    settings = _settings(arguments)
    if arguments.objects is not None:
        return _run_objects(arguments, settings)
    if arguments.protocol is not None:
        return run_protocol_command(arguments, settings)
    return (
        run_stream(arguments, settings) if arguments.stream is not None else _run_dataset(arguments, settings)
    )


def _check_options(arguments: argparse.Namespace) -> None:
    """Refuse options that would be without effect, and an answer to another question than was asked.

    Raises:
        UsageError: An option belongs to another kind of evaluation.
    """
    if arguments.protocol is not None and arguments.dataset is None:
        raise UsageError("--protocol expects the folder of its data: vfrt eval --protocol NAME DATASET.")
    if arguments.protocol is not None and arguments.out is not None:
        raise UsageError("--protocol writes no files: leave --out out; --json has the figures.")
    for option, given, kind, chosen in (
        ("--regions", arguments.regions, "--objects", arguments.objects),
        ("--memory", arguments.memory, "--stream", arguments.stream),
        ("--topic", arguments.topic, "--stream", arguments.stream),
        ("--init-labels", arguments.labels, "--stream", arguments.stream),
        ("--noise", arguments.noise, "--stream", arguments.stream),
        ("--seconds", arguments.seconds, "--stream", arguments.stream),
    ):
        if given and chosen is None:
            raise UsageError(f"{option} belongs to {kind}: leave it out, or give {kind}.")


def _settings(arguments: argparse.Namespace) -> RecognitionSettings:
    """The defaults, then `VFRT_*` variables, then `--set`, then `--backbone`."""
    from vfrt_ros.cli.memory.place import shell_settings
    from vfrt_ros.core.config.parameters import parse
    from vfrt_ros.core.config.settings import RecognitionSettings

    table = RecognitionSettings.parameters()
    given: dict[str, Any] = {}
    for text in arguments.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set expects NAME=VALUE; got '{text}'.")
        given[name.strip()] = parse(table[name.strip()], value) if name.strip() in table else value
    check_backbone_option(arguments.backbone)
    return shell_settings(arguments.backbone, given)


def _run_dataset(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    from vfrt_ros.core.config.own_files import check_apart, check_own
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings
    from vfrt_ros.evaluation.dataset import load_dataset, with_enough
    from vfrt_ros.evaluation.features import embed_dataset
    from vfrt_ros.evaluation.run import check_ways, run
    from vfrt_ros.evaluation.summary import summarise
    from vfrt_ros.evaluation.write import written_files

    left_out: list[str] = []

    def leave_out(text: str) -> None:
        left_out.append(text)
        warn(text)

    _plan(arguments, 0)  # what is wrong with the command line is said before any folder is read
    shots = max(_shots(arguments))
    dataset = load_dataset(
        arguments.dataset, seed=arguments.seed, label_column=arguments.label_column, warn=leave_out
    )
    dataset = with_enough(dataset, shots, warn=leave_out)
    plan = _plan(arguments, len(dataset.labels))
    if arguments.out:
        check_apart(arguments.out, arguments.dataset)
        check_own(written_files(arguments.out, [method.name for method in plan.methods]))
    check_ways(plan, len(dataset.labels))
    encoders = load_encoders(**encoder_settings(settings))
    dataset, features = embed_dataset(
        dataset, encoders, shots=shots, templates=settings.prompt_templates, warn=leave_out, progress=True
    )
    plan = _plan(arguments, len(dataset.labels))
    jobs = arguments.jobs or os.cpu_count() or 1
    outcomes = run(plan, features, encoders, settings, jobs=jobs, progress=True)
    about = {
        "dataset": dataset.folder.resolve().name,
        "pictures": f"{len(dataset.train)} to learn from, {len(dataset.test)} to ask about",
        "split": "of the data" if dataset.given_split else f"drawn with seed {plan.seed}",
        "labels": len(dataset.labels),
        **({"left out": f"{len(left_out)} (named on stderr)"} if left_out else {}),
        **about_plan(plan, encoders, settings),
        "command": _command_line(arguments),
    }
    table = {method.name: own for method, own in outcomes.items()}
    return _show(arguments, summarise(about, dataset.labels, table, per_class=_wants_details(arguments)))


def _run_objects(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    if arguments.fuse == DEFAULT_METHODS:
        arguments.fuse = "calibrated,ncm"
    if arguments.out:
        from vfrt_ros.core.config.own_files import check_apart, check_own
        from vfrt_ros.evaluation.write import written_files

        check_apart(arguments.out, arguments.objects)
        check_own(written_files(arguments.out, [method.name for method in _plan(arguments, 0).methods]))
    summary, found = evaluate_objects(arguments, settings, lambda labels: _plan(arguments, labels))
    status = _show(arguments, summary, {"found": found} if found else {})
    if found and not arguments.json:
        print(", ".join(f"{name}: {value}" for name, value in found.items()))
    return status


def _plan(arguments: argparse.Namespace, labels: int) -> Plan:
    from vfrt_ros.evaluation.methods import parse_methods
    from vfrt_ros.evaluation.run import Plan

    shots = _shots(arguments)
    for name, value, least in (
        ("--shots", shots[0], 0), ("--episodes", arguments.episodes, 1), ("--seed", arguments.seed, 0),
        ("--jobs", 1 if arguments.jobs is None else arguments.jobs, 1),
    ):  # fmt: skip
        if value < least:
            raise UsageError(f"{name} must be {least} or more; got {value}.")
    ways = max(2, min(20, labels // 2)) if arguments.ways is None else arguments.ways
    return Plan(parse_methods(read_list(arguments.fuse)), ways, shots, arguments.episodes, arguments.seed)


def _shots(arguments: argparse.Namespace) -> tuple[int, ...]:
    """Each number once, the smallest first."""
    try:
        shots = tuple(sorted({int(text) for text in read_list(arguments.shots)}))
    except ValueError:
        shots = ()
    if not shots:
        raise UsageError(f"--shots expects whole numbers with commas; got '{arguments.shots}'.")
    return shots


def _show(arguments: argparse.Namespace, summary: Summary, more: Mapping[str, Any] | None = None) -> int:
    from vfrt_ros.evaluation.table import terminal_tables
    from vfrt_ros.evaluation.write import write_all

    files = write_all(summary, arguments.out) if arguments.out else []
    if arguments.json:
        print(to_json({**summary.as_dict(), **(more or {})}))
        return OK
    from rich.console import Console

    # A pipe has no width of its own; the tables need this one.
    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in terminal_tables(summary):
        console.print(table)
    console.print(
        f"Means over {summary.about['episodes']} episodes ± half of a 95 % confidence interval; "
        f"{summary.about['encoder']}."
    )
    if files:
        console.print(f"Wrote {counted(len(files), 'file')}; open {files[-1]}", soft_wrap=True)
    return OK


def _wants_details(arguments: argparse.Namespace) -> bool:
    return bool(arguments.out) or bool(arguments.json)


def _command_line(arguments: argparse.Namespace) -> str:
    names = ("ways", "shots", "episodes", "seed", "backbone", "fuse", "label_column")
    given = [f"--{name.replace('_', '-')} {value}" for name in names if (value := getattr(arguments, name))]
    return " ".join(
        ["vfrt eval", arguments.dataset.name, *given, *(f"--set {text}" for text in arguments.set)]
    )


COMMAND = Command(
    summary="measure recognition on a folder of pictures, or replay a recording",
    examples=(
        "vfrt eval ~/data/groceries --ways 20 --shots 1,5,10 --episodes 60 --out report",
        "vfrt eval ~/data/groceries --fuse calibrated --set open_set_threshold=0.02 --json",
        "vfrt eval --objects ~/data/desks --ways 10 --shots 5 --regions grid",
        "vfrt eval --protocol core50-nc ~/data/core50",
        "vfrt eval --stream demo",
        "vfrt eval --stream ~/bags/kitchen --topic /camera/image_raw --init-labels cup,phone --out kitchen",
    ),
    configure=configure,
    run=run,
)
