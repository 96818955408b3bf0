"""The command `vfrt eval`."""

from vfrt_ros.cli.eval.command import COMMAND

__all__ = ["COMMAND"]
