#!/usr/bin/env bash
# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# Prints the Python to build the venv from: a 3.12 or 3.11 that runs and, on a sourced ROS 2, imports its rclpy.
# PYTHON names another; a shim without a Python behind it is passed over.
set -euo pipefail
ros=${ROS_DISTRO:-}

stop() {
  printf 'vfrt: %s\n' "$*" >&2
  exit 1
}

base_of() {  # the interpreter itself, below a venv or a shim
  "$1" -S -c 'import os, sys
if sys.version_info[:2] in ((3, 11), (3, 12)):
    print(os.path.realpath(sys._base_executable))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
  candidates=("$PYTHON")
else
  # The venv's own comes first: a shell with another PATH must not have it made anew.
  mapfile -t candidates < <(echo .venv/bin/python; type -aP python3.12 python3.11 python3)
fi

for candidate in "${candidates[@]}"; do
  python=$(base_of "$candidate") || continue
  if [ -z "$python" ]; then continue; fi
  if [ -n "$ros" ] && ! "$python" -c 'import rclpy' 2>/dev/null; then continue; fi
  echo "$python"
  exit
done

if [ -n "$ros" ]; then
  stop "ROS_DISTRO is $ros, but no ${PYTHON:-Python 3.12 or 3.11 here} imports its rclpy:" \
    "source /opt/ros/$ros/setup.bash, or unset ROS_DISTRO to have ROS 2 from wheels."
elif [ -n "${PYTHON:-}" ]; then
  stop "PYTHON=$PYTHON is no Python 3.12 or 3.11 that runs."
else
  stop "no Python 3.12 or 3.11 here: sudo apt install python3 python3-venv python3-dev," \
    "or name one with PYTHON=/path/to/python3.12."
fi
