"""`vfrt eval`: how good recognition is on a folder of pictures, or what it makes of a recording."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import OK, Command, UsageError, add_json_option

if TYPE_CHECKING:
    from vfrt_ros.core.evaluation.run import Plan
    from vfrt_ros.core.evaluation.summary import Summary
    from vfrt_ros.core.settings import RecognitionSettings

DEFAULT_METHODS = "late,calibrated,ncm,knn,tip,gda"
DEMO_SECONDS = 40.0
"""One round of the demo, which has no end."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt eval`."""
    parser.add_argument(
        "dataset", metavar="DATASET", nargs="?", help="a folder of class folders, or of train/ and test/"
    )
    parser.add_argument("--backbone", default="auto", metavar="NAME", help="the encoder (default: auto)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any parameter of the recognition node, e.g. --set open_set_threshold=0.05; may stand several times",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write CSV, JSON and a report there")
    add_json_option(parser)
    _configure_episodes(parser.add_argument_group("with a data set"))
    _configure_stream(parser.add_argument_group("with a recording"))


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


def _configure_stream(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--stream", metavar="RECORDING", help="a rosbag2, a video, pictures, or demo")
    group.add_argument(
        "--init-labels", "--labels", dest="labels", metavar="A,B,…",
        help="labels that get a text prompt (default for demo: what it shows)",
    )  # fmt: skip
    group.add_argument("--memory", metavar="FILE", help="a memory to recognise with (default: an empty one)")
    group.add_argument("--topic", default="", metavar="NAME", help="of a bag with several topics of pictures")
    group.add_argument(
        "--fps", type=float, default=30.0, metavar="HZ", help="of pictures and demo (default: 30)"
    )
    group.add_argument("--seconds", type=float, metavar="S", help="stop there (default: the end; demo: 40)")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate a data set or replay a recording."""
    if (arguments.dataset is None) == (arguments.stream is None):
        raise UsageError("Expected either a DATASET or --stream RECORDING.")
    settings = _settings(arguments)
    return _run_stream(arguments, settings) if arguments.stream else _run_dataset(arguments, settings)


def _settings(arguments: argparse.Namespace) -> RecognitionSettings:
    """The defaults, then `VFRT_*` variables, then `--set`, then `--backbone`."""
    import yaml

    from vfrt_ros.core.parameters import from_environment
    from vfrt_ros.core.settings import CameraSettings, RecognitionSettings

    table = RecognitionSettings.parameters()
    values: dict[str, Any] = from_environment(os.environ, table, CameraSettings.parameters())
    for text in arguments.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set expects NAME=VALUE; got '{text}'.")
        values[name.strip()] = yaml.safe_load(value) if value.strip() else ""
    if arguments.backbone != "auto" or "backbone" not in values:
        values["backbone"] = arguments.backbone
    settings: RecognitionSettings = RecognitionSettings.from_mapping(values)
    return settings


def _run_dataset(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.evaluation.dataset import check_enough, load_dataset
    from vfrt_ros.core.evaluation.features import embed_dataset
    from vfrt_ros.core.evaluation.run import check_ways, run
    from vfrt_ros.core.evaluation.summary import summarise
    from vfrt_ros.core.recogniser import encoder_settings

    dataset = load_dataset(Path(arguments.dataset), seed=arguments.seed, label_column=arguments.label_column)
    plan = _plan(arguments, len(dataset.labels))
    check_ways(plan, len(dataset.labels))
    check_enough(dataset, max(plan.shots))
    encoders = load_encoders(**encoder_settings(settings))
    dataset, features = embed_dataset(
        dataset, encoders, templates=settings.prompt_templates, warn=_warn, progress=True
    )
    check_enough(dataset, max(plan.shots))
    jobs = arguments.jobs or os.cpu_count() or 1
    outcomes = run(plan, features, encoders, settings, jobs=jobs, progress=True)
    about = {
        "dataset": dataset.folder.resolve().name,
        "pictures": f"{len(dataset.train)} to learn from, {len(dataset.test)} to ask about",
        "split": "of the data" if dataset.given_split else f"drawn with seed {plan.seed}",
        "labels": len(dataset.labels),
        "encoder": encoders.note,
        "ways": plan.ways,
        "shots": ", ".join(map(str, plan.shots)),
        "episodes": plan.count,
        "seed": plan.seed,
        "unknown threshold": settings.open_set_threshold,
        "command": _command_line(arguments),
    }
    table = {method.name: own for method, own in outcomes.items()}
    return _show(arguments, summarise(about, dataset.labels, table, per_class=_wants_details(arguments)))


def _plan(arguments: argparse.Namespace, labels: int) -> Plan:
    from vfrt_ros.core.evaluation.methods import parse_methods
    from vfrt_ros.core.evaluation.run import Plan

    try:
        shots = tuple(sorted({int(text) for text in str(arguments.shots).split(",")}))
    except ValueError:
        raise UsageError(f"--shots expects whole numbers with commas; got '{arguments.shots}'.") from None
    for name, value, least in (
        ("--shots", shots[0], 0), ("--episodes", arguments.episodes, 1), ("--seed", arguments.seed, 0),
        ("--jobs", arguments.jobs or 1, 1),
    ):  # fmt: skip
        if value < least:
            raise UsageError(f"{name} must be {least} or more; got {value}.")
    ways = max(2, min(20, labels // 2)) if arguments.ways is None else arguments.ways
    return Plan(parse_methods(arguments.fuse.split(",")), ways, shots, arguments.episodes, arguments.seed)


def _show(arguments: argparse.Namespace, summary: Summary) -> int:
    from vfrt_ros.core.evaluation.table import terminal_tables
    from vfrt_ros.core.evaluation.write import write_all

    files = write_all(summary, arguments.out) if arguments.out else []
    if arguments.json:
        _print_json(summary.as_dict())
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
        console.print(f"Wrote {len(files)} files; open {files[-1]}", soft_wrap=True)
    return OK


def _run_stream(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    from vfrt_ros.core.evaluation.stream import frames_of, open_recording, replay, summarise, write_rows
    from vfrt_ros.core.recogniser import Recogniser
    from vfrt_ros.core.sources.demo import SHOTS

    if arguments.fps <= 0 or (arguments.seconds is not None and arguments.seconds <= 0):
        raise UsageError("--fps and --seconds must be more than 0.")
    demo = arguments.stream == "demo"
    labels = arguments.labels or (",".join(shot.subject for shot in SHOTS) if demo else "")
    settings = settings.replace(
        memory_path=arguments.memory or ":memory:", **({"init_labels": labels} if labels else {})
    )
    seconds = arguments.seconds or (DEMO_SECONDS if demo else float("inf"))
    path = (arguments.out or Path()) / "stream.csv"
    with open_recording(arguments.stream, topic=arguments.topic, fps=arguments.fps) as source:
        recogniser = Recogniser(settings)
        try:
            rows = write_rows(_with_bar(replay(recogniser, frames_of(source, seconds))), path)
        finally:
            recogniser.close()
    summary = {
        "recording": arguments.stream,
        "encoder": recogniser.encoders.note,
        **summarise(rows),
        "file": str(path),
    }
    if arguments.json:
        _print_json(summary)
    else:
        print(stream_text(summary))
    return OK


def stream_text(summary: Mapping[str, Any]) -> str:
    """What a replay showed, for people."""
    if not summary["frames"]:
        return f"{summary['recording']} has no frame."
    lines = [
        f"{summary['frames']} frames, {summary['seconds']:.1f} s of {summary['recording']}; {summary['encoder']}"
    ]
    if summary["changes_per_minute_smoothed"] is not None:
        lines.append(
            f"label changes per minute: {summary['changes_per_minute_unsmoothed']:.1f} before smoothing and "
            f"hysteresis, {summary['changes_per_minute_smoothed']:.1f} after "
            f"({summary['changes_unsmoothed']} and {summary['changes_smoothed']} in all)"
        )
    lines += [f"{share:7.1%} of the frames: {label}" for label, share in summary["shares"].items()]
    lines.append(
        f"encoding and deciding took {summary['latency_ms_median']:.1f} ms (median), "
        f"{summary['latency_ms_95']:.1f} ms (95 % of the frames)"
    )
    return "\n".join([*lines, f"one line for each frame: {summary['file']}"])


def _with_bar(rows: Any) -> Any:
    from tqdm import tqdm

    return tqdm(rows, desc="replaying", unit="frame", disable=None, leave=False)


def _wants_details(arguments: argparse.Namespace) -> bool:
    return bool(arguments.out) or bool(arguments.json)


def _print_json(content: Any) -> None:
    import json

    print(json.dumps(content, ensure_ascii=False))


def _warn(text: str) -> None:
    print(f"vfrt eval: {text}", file=sys.stderr)


def _command_line(arguments: argparse.Namespace) -> str:
    names = ("ways", "shots", "episodes", "seed", "backbone", "fuse", "label_column")
    given = [f"--{name.replace('_', '-')} {value}" for name in names if (value := getattr(arguments, name))]
    return " ".join(
        ["vfrt eval", Path(arguments.dataset).name, *given, *(f"--set {text}" for text in arguments.set)]
    )


COMMAND = Command(
    summary="measure recognition on a folder of pictures, or replay a recording",
    examples=(
        "vfrt eval ~/data/groceries --ways 20 --shots 1,5,10 --episodes 60 --out report",
        "vfrt eval ~/data/groceries --fuse calibrated --set open_set_threshold=0.05 --json",
        "vfrt eval --stream demo",
        "vfrt eval --stream ~/bags/kitchen --topic /camera/image_raw --init-labels cup,phone --out kitchen",
    ),
    configure=configure,
    run=run,
)
