"""The command `vfrt doctor`."""

from vfrt_ros.cli.doctor.command import COMMAND

__all__ = ["COMMAND"]
