#!/usr/bin/env bash
# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# Installs what test/ui needs, a browser and a display, from Debian's packages where they are missing and this user may.
set -euo pipefail

packages="chromium chromium-driver xvfb xdotool"

if type chromium chromedriver Xvfb xdotool > /dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ]; then
  as_root=
elif sudo -n true 2> /dev/null; then
  as_root=sudo
else
  echo "A browser or a display for the tests is missing: sudo apt install $packages" >&2
  exit 1
fi
type apt-get > /dev/null 2>&1 || { echo "Install these, which no apt-get is here for: $packages" >&2; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing $packages …"
export DEBIAN_FRONTEND=noninteractive
# Another apt-get may be at work: wait for it.
wait="-o DPkg::Lock::Timeout=300"
if ! { $as_root apt-get $wait update && $as_root apt-get $wait install -y --no-install-recommends $packages; } \
  > "$log" 2>&1; then
  tail -n 5 "$log" >&2
  echo "They could not be installed: sudo apt install $packages" >&2
  exit 1
fi
