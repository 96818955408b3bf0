# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The errors that a person can cause. Anything else that is raised is a bug."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from enum import Enum


class VfrtError(Exception):
    """Base of every error whose one-line text is meant for the person who caused it.

    Attributes:
        code: The name of the result code with which a service answers it.
    """

    code = "INVALID_REQUEST"

    def __str__(self) -> str:
        return one_line(super().__str__())


class SettingError(VfrtError):
    """A parameter has an unknown name, a wrong type or a value out of its range."""


class EncoderError(VfrtError):
    """An encoder is unknown, its weights are missing or unusable."""


class WeightsMissingError(EncoderError):
    """The weights of an encoder are not on this machine."""


class FrameError(VfrtError):
    """A picture cannot be used as a frame. `kind` names the cause, for counting."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class SourceError(VfrtError):
    """A frame source cannot be opened or has failed; it may come, or come back."""


class UnusableSourceError(SourceError):
    """A frame source is wrong as it is named: to wait for it would not help."""


class RequestError(VfrtError):
    """A request cannot be carried out as it was put."""


class MemoryStoreError(VfrtError):
    """The memory cannot be read or written, or belongs to another encoder."""

    code = "STORAGE_FAILED"


class MemoryInUseError(MemoryStoreError):
    """Another process has the memory open."""


class OperationFault(Enum):
    """Why an operation of another robot, or of a file, is not taken; the value says it in a few words."""

    BROKEN = "broken"
    OTHER_NUMBER = "another's number"
    FUTURE = "from the future"


class OperationError(VfrtError):
    """An operation of another robot, or of a file, is not one that a memory can take; `fault` counts the causes."""

    def __init__(self, message: str, fault: OperationFault = OperationFault.BROKEN) -> None:
        super().__init__(message)
        self.fault = fault


class UnknownLabelError(VfrtError):
    """A label is not in memory."""

    code = "UNKNOWN_LABEL"


class NoFramesError(VfrtError):
    """There is no frame to learn from or to write."""

    code = "NO_FRAMES"


class AllRejectedError(VfrtError):
    """No frame passed the quality gate; `reasons` has one sentence for each."""

    code = "ALL_REJECTED"

    def __init__(self, message: str, reasons: tuple[str, ...]) -> None:
        super().__init__(message)
        self.reasons = reasons


class NothingToUndoError(VfrtError):
    """There is no change to take back."""

    code = "NOTHING_TO_UNDO"


class NothingToRedoError(VfrtError):
    """No change was taken back since the last one."""

    code = "NOTHING_TO_REDO"


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def one_line(text: str) -> str:
    """A text as it can be printed anywhere: blanks for line ends, control characters and undecodable bytes escaped.

    Args:
        text: Any.

    >>> one_line("no file 'a\\nb\\x00'")
    "no file 'a b\\\\x00'"
    """
    return _UNPRINTABLE.sub(lambda sign: " " if sign.group().isspace() else ascii(sign.group())[1:-1], text)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest of the known names.

    Args:
        name: That is not known.
        known: Names that there are.

    >>> nearest("alpha_fuson", ["alpha_fusion", "k"])
    " Did you mean 'alpha_fusion'?"
    >>> nearest("zzz", ["alpha_fusion", "k"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


_NUMBER = re.compile(r"\[Errno -?\d+\] ?")


def words_of(error: BaseException) -> str:
    """The words of an error, on one line and without a full stop, for a message that names the file or place itself.

    Args:
        error: Any; one of the system's is told without its number and its path.

    >>> words_of(FileNotFoundError(2, "No such file or directory", "a.txt"))
    'No such file or directory'
    >>> words_of(KeyError("images")), words_of(ValueError("no\\nnumber.")), words_of(OSError())
    ("there is no 'images'", 'no number', 'OSError')
    """
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = str(error.strerror)
    elif isinstance(error, KeyError):
        text = f"there is no {error}"
    return one_line(" ".join(_NUMBER.sub("", text).split())).rstrip(" .") or type(error).__name__


def first_line(error: BaseException) -> str:
    """The first line of an error's text, which alone is for people where a library writes many; else its type.

    Args:
        error: Any.

    >>> first_line(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB.\\nSee the manual."))
    'CUDA out of memory. Tried to allocate 2 GiB'
    >>> first_line(AssertionError())
    'AssertionError'
    >>> first_line(FileNotFoundError(2, "No such file or directory", "a.txt"))
    "No such file or directory: 'a.txt'"
    """
    lines = _NUMBER.sub("", str(error)).strip().splitlines()
    return lines[0].rstrip(" .")[:200] if lines else type(error).__name__
