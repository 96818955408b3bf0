#!/usr/bin/env bash
# Installs Chromium and its driver from Debian's packages where they are missing and this user may.
set -euo pipefail

packages="chromium chromium-driver"

if type chromium chromedriver > /dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ]; then
  as_root=
elif sudo -n true 2> /dev/null; then
  as_root=sudo
else
  echo "Chromium and its driver are missing: sudo apt install $packages" >&2
  exit 1
fi
type apt-get > /dev/null 2>&1 || { echo "Chromium and chromedriver are missing: install both." >&2; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing $packages …"
export DEBIAN_FRONTEND=noninteractive
# Another apt-get may be at work: wait for it.
if ! { $as_root apt-get -o DPkg::Lock::Timeout=300 update && \
       $as_root apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $packages; } > "$log" 2>&1; then
  tail -n 5 "$log" >&2
  echo "Chromium and its driver could not be installed: sudo apt install $packages" >&2
  exit 1
fi
