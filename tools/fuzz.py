# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Run the fuzz tests with ever new seeds for some minutes: `make fuzz MINUTES=10`.

Ten thousand bundles at a time: `make fuzz ARGS="--only bundles --examples 10000"`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Exit status 0, or 1 with hypothesis' report of the first case that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="of the first round; default: a random one")
    parser.add_argument("--examples", type=int, default=400, help="of a round and test; default: 400")
    parser.add_argument("--only", default="", metavar="NAME", help="the tests of test/fuzz/test_fuzz_NAME.py")
    options = parser.parse_args()
    seed = random.randrange(2**31) if options.seed is None else options.seed
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    while time.monotonic() < end or not rounds:
        if not one_round(seed + rounds, options.examples, options.only):
            print(
                f"Failed at seed {seed + rounds}: add the case as an @example to its test.", file=sys.stderr
            )
            return 1
        rounds += 1
    print(f"{rounds} rounds from seed {seed}: nothing found.")
    return 0


def one_round(seed: int, examples: int, only: str) -> bool:
    """Run every fuzz test once, or those of one file; whether nothing failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
        f"test/fuzz/test_fuzz_{only}.py" if only else "test/fuzz",
    ]
    command += [f"--hypothesis-seed={seed}", "--timeout=0", "-W", "ignore"]
    environment = {**os.environ, "FUZZ_PROFILE": "long", "FUZZ_EXAMPLES": str(examples)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(f"seed {seed}: {done.stdout.strip().splitlines()[-1] if done.stdout else done.stderr}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
