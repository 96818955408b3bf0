# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`python -m tools.bench`: measure, print, write, and with `--check` hold against the committed ratios."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.bench import (
    cameras,
    encodings,
    machine,
    memory,
    mobileclip,
    overlay,
    pipeline,
    plot,
    policy,
    regions,
    register,
    report,
    search,
    speed,
    stages,
    start,
)
from tools.bench.row import BenchRow, failed
from vfrt_ros.bench.isolated import BenchError
from vfrt_ros.core.config.own_files import check_own
from vfrt_ros.core.types.errors import RequestError

PARTS: dict[str, Callable[[bool], list[BenchRow]]] = {
    "speed": speed.measure,
    "stages": stages.measure,
    "encodings": encodings.measure,
    "pipeline": pipeline.measure,
    "cameras": cameras.measure,
    "overlay": overlay.measure,
    "register": register.measure,
    "memory": memory.measure,
    "search": search.measure,
    "regions": regions.measure,
    "mobileclip": mobileclip.measure,
    "start": start.measure,
}


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="under two minutes: fewer rounds, smaller memories"
    )
    parser.add_argument("--only", metavar="PART,…", default="", help=f"some of {', '.join(PARTS)}")
    parser.add_argument(
        "--check",
        nargs="?",
        type=Path,
        const=policy.RATIOS,
        metavar="FILE",
        help="fail where a ratio has fallen",
    )
    parser.add_argument("--commit", type=Path, metavar="FILE", help="write this run's ratios there")
    parser.add_argument(
        "--out", type=Path, default=Path("build/bench"), metavar="FOLDER", help="for JSON and plot"
    )
    return parser


def run_parts(names: Sequence[str], quick: bool) -> list[BenchRow]:
    """The rows of these parts; one that fails as a whole leaves a row that says why."""
    rows = []
    for name in names:
        started, busy = time.monotonic(), _processor_time()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows += PARTS[name](quick)
        except BenchError as error:
            rows.append(failed(name, "", str(error)))
        took, used = time.monotonic() - started, _processor_time() - busy
        print(f"{name}: {took:.0f} s, {used:.0f} s of processor time", file=sys.stderr, flush=True)
    return rows


def _processor_time() -> float:
    """Seconds that this process and those that it has waited for were at work."""
    return sum(os.times()[:4])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the bench; 0, or 1 where `--check` found a fall, 2 for wrong usage."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    names = arguments.only.split(",") if arguments.only else list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"--only knows {', '.join(PARTS)}; got {unknown[0]}")
    try:
        check_own(_outputs(arguments))
    except RequestError as error:
        parser.error(str(error))
    about, others = machine.describe(), machine.Company()
    rows = run_parts(names, arguments.quick)
    share = others.share()
    report.show(rows, about, share)
    report.write(arguments.out / "bench.json", rows, about, share, arguments.quick)
    print(f"Wrote {arguments.out / 'bench.json'}")
    if plot.draw(rows, arguments.out / "search.png"):
        print(f"Wrote {arguments.out / 'search.png'}")
    if arguments.commit:
        policy.write(arguments.commit, policy.ratios_of(rows), about)
    return _check(arguments.check, rows, about) if arguments.check else 0


def _outputs(arguments: argparse.Namespace) -> dict[Path, str]:
    """The files of text that are written, with words by which they are known again."""
    committed = {arguments.commit: '"runs": '} if arguments.commit else {}
    return {arguments.out / "bench.json": '"mode": ', **committed}


def _check(path: Path, rows: Sequence[BenchRow], about: Mapping[str, Any]) -> int:
    try:
        fallen = policy.falls(policy.ratios_of(rows), policy.read(path, about))
    except BenchError as error:
        fallen = [str(error)]
    for sentence in fallen:
        print(sentence, file=sys.stderr)
    return 1 if fallen else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
