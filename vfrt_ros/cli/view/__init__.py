"""The command `vfrt view`."""

from vfrt_ros.cli.view.command import COMMAND

__all__ = ["COMMAND"]
