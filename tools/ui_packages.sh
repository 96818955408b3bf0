#!/usr/bin/env bash
# Installs what test/ui looks with and presses keys with, from Debian's packages, where it is missing and this user may.
set -euo pipefail

declare -A package=([chromium]=chromium [chromedriver]=chromium-driver [Xvfb]=xvfb [xdotool]=xdotool)

missing=()
for program in "${!package[@]}"; do
  type "$program" > /dev/null 2>&1 || missing+=("${package[$program]}")
done
if [ ${#missing[@]} = 0 ]; then exit 0; fi

stop() {
  printf 'vfrt: %s\n' "$*" >&2
  exit 1
}

cure="sudo apt install ${missing[*]}"
type apt-get > /dev/null 2>&1 || stop "${missing[*]} are missing, and there is no apt-get: install them."
if [ "$(id -u)" = 0 ]; then
  as_root=
elif sudo -n true 2> /dev/null; then
  as_root=sudo
else
  stop "something to test with is missing: $cure"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
# Another apt-get may be at work: wait for it.
if ! { $as_root apt-get -o DPkg::Lock::Timeout=300 update && \
       $as_root apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
  tail -n 5 "$log" >&2
  stop "they could not be installed: $cure"
fi
