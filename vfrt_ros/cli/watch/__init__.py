"""The command `vfrt watch`."""

from vfrt_ros.cli.watch.command import COMMAND

__all__ = ["COMMAND"]
