"""The errors that a person can cause. Anything else that is raised is a bug."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class VfrtError(Exception):
    """Base of every error whose one-line text is meant for the person who caused it."""


class SettingError(VfrtError):
    """A parameter has an unknown name, a wrong type or a value out of its range."""


class EncoderError(VfrtError):
    """An encoder is unknown, its weights are missing or unusable."""


class FrameError(VfrtError):
    """A picture cannot be used as a frame. `kind` names the cause, for counting."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class SourceError(VfrtError):
    """A frame source cannot be opened or has failed."""


class MemoryStoreError(VfrtError):
    """The memory cannot be read or written, or belongs to another encoder."""


class UnknownLabelError(VfrtError):
    """A label is not in memory."""


class RequestError(VfrtError):
    """A request cannot be carried out as it was put."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest of the known names.

    >>> nearest("alpha_fuson", ["alpha_fusion", "k"])
    " Did you mean 'alpha_fusion'?"
    >>> nearest("zzz", ["alpha_fusion", "k"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""
