"""The command `vfrt memory`."""

from vfrt_ros.cli.memory.command import COMMAND

__all__ = ["COMMAND"]
