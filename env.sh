# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
# `source env.sh` from bash or zsh, in any folder: this shell gets the venv, vfrt_msgs, vfrt_ros and `vfrt`.

if [ -n "${ZSH_VERSION:-}" ]; then
  _vfrt_shell=zsh
  eval '_vfrt_root=${${(%):-%x}:A:h}'
else
  _vfrt_shell=bash
  _vfrt_root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
fi

_vfrt_enter() {
  # colcon's scripts read variables that may be unset.
  case $- in *u*) set +u; _vfrt_nounset=1 ;; esac
  # A second activation would drop what PATH gained since the first; one whose Python stands behind another one is none.
  if [ "$(command -v python)" != "$_vfrt_root/.venv/bin/python" ]; then . "$_vfrt_root/.venv/bin/activate"; fi
  # A guard left by another venv's wheels would keep ours from finding their libraries.
  unset _ROS_WHEELS_BOOTSTRAP_COMPLETE
  if [ -d "$_vfrt_root/.venv/share/ament_index" ]; then
    case ":${AMENT_PREFIX_PATH:-}:" in
      *":$_vfrt_root/.venv:"*) ;;
      *) export AMENT_PREFIX_PATH="$_vfrt_root/.venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}" ;;
    esac
  fi
  . "$_vfrt_root/install/local_setup.$_vfrt_shell"
  # Tab after vfrt; the first one pays for asking Python how.
  case "$_vfrt_shell$-" in
    bash*i*)
      _vfrt_first_tab() { eval "$(register-python-argcomplete --no-defaults vfrt)" && return 124; }
      complete -F _vfrt_first_tab vfrt
      ;;
    zsh*i*)
      if whence compdef > /dev/null; then eval "$(register-python-argcomplete --no-defaults vfrt)"; fi
      ;;
  esac
  if [ -n "${_vfrt_nounset:-}" ]; then set -u; unset _vfrt_nounset; fi
}

if [ -f "$_vfrt_root/install/local_setup.$_vfrt_shell" ] && [ -f "$_vfrt_root/.venv/bin/activate" ]; then
  _vfrt_enter
  unset -f _vfrt_enter
  unset _vfrt_root _vfrt_shell
else
  echo "vfrt is not set up in $_vfrt_root: run \`make -C $_vfrt_root setup\`, then source this file again." >&2
  unset -f _vfrt_enter
  unset _vfrt_root _vfrt_shell
  return 1
fi
