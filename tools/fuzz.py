# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Run the fuzz tests with ever new seeds for some minutes: `make fuzz MINUTES=10`."""

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
    options = parser.parse_args()
    seed = random.randrange(2**31) if options.seed is None else options.seed
    end = time.monotonic() + 60 * options.minutes
    rounds = 0
    while time.monotonic() < end or not rounds:
        if not one_round(seed + rounds):
            print(
                f"Failed at seed {seed + rounds}: add the case as an @example to its test.", file=sys.stderr
            )
            return 1
        rounds += 1
    print(f"{rounds} rounds from seed {seed}: nothing found.")
    return 0


def one_round(seed: int) -> bool:
    """Run every fuzz test once; whether nothing failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "test/fuzz",
    ]
    command += [f"--hypothesis-seed={seed}", "--timeout=0", "-W", "ignore"]
    environment = {**os.environ, "FUZZ_PROFILE": "long"}
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
