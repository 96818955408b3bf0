# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`make fleet`: five robots, three servers, and what can go wrong."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tools.fleet.cost import Cost, measure_cost
from tools.fleet.robot import MUTANTS
from tools.fleet.trial import Trial, TrialResult
from vfrt_ros.cli.interrupt import INTERRUPTED, TERMINATED

LATENCY_LIMIT, CATCH_UP_LIMIT, COST_LIMIT = 2.0, 5.0, 1.02


def main(argv: Sequence[str] | None = None) -> int:
    """Run the trial.

    Returns:
        0 = nothing was lost, all robots hold the same, and it was fast enough; 1 = not; 130 = Ctrl-C. SIGTERM ends
        the robots and servers too, and the process with status 143.
    """
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    print(f"Seed {seed}: {arguments.robots} robots, {arguments.servers} servers.", flush=True)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="vfrt-fleet-") as folder:
            cost = None if arguments.no_measure else measure_cost(Path(folder) / "cost")
            if cost is not None:
                print(describe_cost(cost), flush=True)
            result = _run(arguments, seed, Path(folder))
    except KeyboardInterrupt:
        return INTERRUPTED
    print(f"{describe(result)}\nTook {time.monotonic() - began:.0f} s.")
    is_cheap = cost is None or cost.factor <= COST_LIMIT
    return 0 if result.is_good and _is_fast(result) and is_cheap else 1


def describe_speed(result: TrialResult) -> str:
    """How fast a calm fleet was, for people."""
    half, most = np.percentile(result.latencies, [50, 99])
    return (
        f"Taught on one, known on all, {len(result.latencies)} times: median {1e3 * half:.0f} ms, 99th of 100 "
        f"{1e3 * most:.0f} ms (at most {1e3 * LATENCY_LIMIT:.0f}).\n"
        f"Made offline, known on all: {result.catch_up or 0.0:.1f} s after the network was back (at most "
        f"{CATCH_UP_LIMIT:g})."
    )


def describe(result: TrialResult) -> str:
    """Describe what was left at the end."""
    faults = ", ".join(f"{count} {name}" for name, count in result.faults.most_common())
    lines = [
        f"Faults: {faults or 'none'}.",
        f"Acknowledged operations: {result.operations}; lost: {result.lost}.",
        f"All held the same {result.settle:.1f} s after the last fault was healed."
        if result.is_good
        else f"Different at the end: {result.hashes} hashes and {result.contents} contents of {len(result.states)}.",
    ]
    if not result.is_good:
        lines += [f"  {state}" for state in result.states]
    return "\n".join(lines)


def describe_cost(cost: Cost) -> str:
    """The price for a frame, for people."""
    low, half, high = np.percentile(cost.ratios, [25, 50, 75])
    return (
        f"A frame takes {half:.3f} times as long in a fleet (half of {len(cost.ratios)} pairs of turns: {low:.3f} to "
        f"{high:.3f}); an operation of another robot takes {1e3 * cost.per_operation:.1f} ms between two frames "
        f"({cost.taken} came): {cost.factor:.3f} where one a second is taught (at most {COST_LIMIT:g})."
    )


def _run(arguments: argparse.Namespace, seed: int, folder: Path) -> TrialResult:
    trial = Trial(folder, arguments.robots, arguments.servers, seed, arguments.mutant)
    try:
        if not arguments.no_measure:
            trial.measure()
            print(describe_speed(trial.result), flush=True)
        pace = 0.1 if sys.stderr.isatty() else 30.0
        with tqdm(total=arguments.operations, unit="operation", mininterval=pace) as bar:
            trial.run(arguments.operations, arguments.faults, bar.update)
        return trial.finish()
    finally:
        trial.close()


def _is_fast(result: TrialResult) -> bool:
    slow = bool(result.latencies) and float(np.percentile(result.latencies, 99)) > LATENCY_LIMIT
    return not slow and (result.catch_up is None or result.catch_up <= CATCH_UP_LIMIT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.fleet", description=__doc__)
    parser.add_argument("--robots", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--servers", type=int, default=3, choices=(1, 3), help="default: 3")
    parser.add_argument("--operations", type=int, default=10_000, metavar="N", help="default: 10,000")
    parser.add_argument("--faults", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument("--seed", type=int, metavar="N", help="the same choices again")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="for the disks (default: the system's)")
    parser.add_argument("--no-measure", action="store_true", help="leave out how fast a calm fleet is")
    parser.add_argument("--mutant", default="", choices=MUTANTS, help="build a fault in, which must be found")
    return parser


if __name__ == "__main__":
    sys.exit(main())
