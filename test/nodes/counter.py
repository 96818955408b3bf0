# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A counter at which tests ask, without a node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixtures.pictures import picture
from std_msgs.msg import Header

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import pack_bundle
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.report.overlay import ShownPace
from vfrt_ros.nodes.conversions import image_from_frame
from vfrt_ros.nodes.result import Result
from vfrt_ros.nodes.service_context import ServiceContext
from vfrt_ros.nodes.services import SERVICES, answer


def taught() -> Recogniser:
    """It knows cup (4 examples) and sky (a prompt), and sees four frames of a green scene."""
    recogniser = Recogniser(RecognitionSettings(backbone="fake", memory_path=":memory:"))
    recogniser.register("cup", images=[picture("red", variant) for variant in range(4)])
    recogniser.set_prompts(["sky"], ["something blue"])
    for variant in range(4):
        recogniser.recognise(picture("green", variant))
    return recogniser


class Counter:
    """A counter at which a test asks."""

    def __init__(self, folder: Path) -> None:
        self.recogniser = taught()
        frame = picture("red", 9)
        decision = self.recogniser.recognise(frame)
        for variant in range(4):
            self.recogniser.recognise(picture("green", variant))
        self.result: Result | None = Result(frame, Header(frame_id="eye"), decision, ShownPace(30.0, 0.01), 2)
        self.folder = folder

    def ask(self, name: str, /, **fields: Any) -> Any:
        service = SERVICES[name][0]
        fields = {key: value(self) if callable(value) else value for key, value in fields.items()}
        context = ServiceContext(self.recogniser, lambda camera: self.result, self.folder)
        return answer(name, context, service.Request(**fields), service.Response())


def nth(*numbers: int) -> Callable[[Counter], list[str]]:
    """Ids of examples by their place in the memory, from 1."""
    return lambda counter: [str(counter.recogniser.memory.examples()[number - 1].id) for number in numbers]


def image(frame) -> Any:
    return image_from_frame(frame, Header())


def exported(colour: str, seed: int = 42) -> bytes:
    """The file of a memory in which `cup` has this colour."""
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:", seed=seed)
    other = Recogniser(settings)
    other.register("cup", images=[picture(colour, variant) for variant in range(2)])
    return pack_bundle(bundle_of(other.memory))
