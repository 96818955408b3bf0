#!/usr/bin/env bash
# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# Writes requirements/constraints.txt from .venv: every distribution at its exact version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A ROS wheel also lists the package inside it under its own name, which no registry has;
# a local version such as +cpu names one build of many.
.venv/bin/python -m pip --disable-pip-version-check freeze --all --exclude pip --exclude vfrt_ros |
  grep == | sed 's/+[a-z0-9.]*$//' |
  awk -F== '{ key = tolower($1); gsub(/[_.]/, "-", key); line[key] = $0 }
            END { for (key in line) if (!("ros-" key in line)) print line[key] }' |
  LC_ALL=C sort -f > requirements/constraints.txt
