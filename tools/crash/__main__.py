# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`make crash`: does the memory keep what it promises when processes are killed and files are damaged?"""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from tools.crash.flips import FlipReport, run_flips
from tools.crash.kills import KillReport, run_kills
from vfrt_ros.cli.interrupt import INTERRUPTED, TERMINATED

SHOWN = 20
"""Broken promises that are printed; the rest is counted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the trial.

    Returns:
        0 = every promise was kept, 1 = one was broken, 2 = wrong usage, 130 = Ctrl-C. SIGTERM ends the
        victims too, removes what they had, and ends the process with status 143.
    """
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    # What is set aside in the trial is what it is about, not news.
    logging.getLogger("vfrt_ros.core.memory").setLevel(logging.ERROR)
    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    began = time.monotonic()
    print(f"Seed {seed}.")
    try:
        with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="vfrt-crash-") as folder:
            violations = _run(arguments, seed, Path(folder))
    except KeyboardInterrupt:
        return INTERRUPTED
    word = "1 promise" if len(violations) == 1 else f"{len(violations) or 'no'} promises"
    print(f"{word.capitalize()} broken in {time.monotonic() - began:.0f} s.")
    return 1 if violations else 0


def describe_kills(report: KillReport) -> str:
    """The figures of the kills, for people."""
    return (
        f"{report.kills} kills, while the process was at: {_counts(report.during)}; looked after {report.looked}.\n"
        f"Acknowledged before: {_counts(report.acknowledged)} ({report.acknowledged.total()} in all).\n"
        f"Lost, wrong or unreadable: {len(report.violations)}."
    )


def describe_flips(report: FlipReport, files: str) -> str:
    """The figures of the damage, for people."""
    return (
        f"{report.trials} memories with {files} damaged: {_counts(report.where)}.\n"
        f"Kinds: {_counts(report.kinds)}.\nEndings: {_counts(report.endings)}.\n"
        f"Promises broken: {len(report.violations)}."
    )


def _run(arguments: argparse.Namespace, seed: int, folder: Path) -> list[str]:
    violations = []
    if arguments.kills:
        with _bar(arguments.kills, "killing") as bar:
            kills = run_kills(folder / "kills", arguments.kills, seed, bar.update)
        _show(describe_kills(kills), kills.violations)
        violations += kills.violations
    for count, both, files in (
        (arguments.flips, False, "one file"),
        (arguments.both, True, "both the file and its copy"),
    ):
        if count:
            with _bar(count, f"damaging {files}") as bar:
                flips = run_flips(folder / f"flips-{both}", count, seed, bar.update, both=both)
            _show(describe_flips(flips, files), flips.violations)
            violations += flips.violations
    return violations


def _show(figures: str, violations: Sequence[str]) -> None:
    """Print at once: the next part of the trial may take long."""
    print(figures, *(f"BROKEN: {violation}" for violation in violations[:SHOWN]), sep="\n", flush=True)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counter.most_common()) or "nothing"


def _bar(total: int, words: str) -> tqdm:
    return tqdm(total=total, desc=words, unit="trial", disable=None, leave=False)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make crash",
        description="Kill processes that change a memory, damage its files, and compare what is found with what "
        "had been acknowledged. Each promise is in docs/memory.md.",
        epilog='example: make crash ARGS="--kills 100 --flips 100 --seed 7"',
    )
    option: Callable[..., object] = parser.add_argument
    option("--kills", type=_count, default=1000, metavar="N", help="processes killed (default: 1000)")
    option("--flips", type=_count, default=1000, metavar="N", help="one file damaged (default: 1000)")
    option("--both", type=_count, default=200, metavar="N", help="both files damaged (default: 200)")
    option("--seed", type=_count, metavar="N", help="of operations, moments and damage (default: a new one)")
    option("--folder", type=Path, metavar="FOLDER", help="work there (default: the temporary folder)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
