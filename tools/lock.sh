#!/usr/bin/env bash
# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# Writes requirements/lock.txt and lock-cuda.txt from constraints.txt: each pin with the hashes of all its files, and
# torch with that of the build that this machine's pip chooses too. Hashes of other builds of the same version stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
pip install uv

compile() {  # compile FILE ARGUMENT...
  (cd "$work" && venv/bin/uv --no-config pip compile --quiet --no-header --no-annotate "$@")
}
with_hashes() {  # with_hashes FILE
  compile "$1" --no-deps --universal --python-version 3.11 --generate-hashes
}

cp requirements/*.txt "$work"
with_hashes constraints.txt > "$work/new.txt"

# What torch's CUDA build asks for, and constraints.txt, frozen beside the CPU build, does not have.
compile torch.txt -c constraints.txt --python-version 3.11 --python-platform x86_64-manylinux_2_28 |
  grep -E '^(cuda|nvidia|triton)' > "$work/cuda.txt"
with_hashes cuda.txt > requirements/lock-cuda.txt

pip download --no-deps -d "$work/torch" -r requirements/torch.txt
python3 - "$work/new.txt" requirements/lock.txt "$work"/torch/*.whl << 'EOF'
import hashlib, re, sys
from pathlib import Path

new, lock, wheel = map(Path, sys.argv[1:])
entry = re.compile(r"^torch==.*\n(?:    .*\n)+", re.M)
text = new.read_text()
made = entry.search(text).group()
known = entry.search(lock.read_text()) if lock.is_file() else None
found = {hashlib.sha256(wheel.read_bytes()).hexdigest(), *re.findall("sha256:(\\w+)", made)}
if known and known.group().split()[0] == made.split()[0]:
    found |= set(re.findall("sha256:(\\w+)", known.group()))
hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(found))
lock.write_text(text.replace(made, f"{made.split()[0]} \\\n{hashes}\n"))
EOF
