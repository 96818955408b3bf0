# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Asks a recognition node for all that can be asked, at random, and counts the frames from the camera on."""

from __future__ import annotations

import random
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from tools.soak.frame_count import FrameCount, Frames
from tools.soak.verdict import Tally
from vfrt_msgs.msg import Recognition
from vfrt_ros.client.errors import ClientError
from vfrt_ros.client.ros_client import RosClient
from vfrt_ros.nodes import names, qos
from vfrt_ros.nodes.services import SERVICES

ANSWER_S = 30.0
LABELS = ("cat", "cup", "rocket", "motorcycle", "astronaut", "thing")
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "alpha_fusion": (0.0, 0.5, 1.0),
    "fuse": ("calibrated", "late"),
    "k": (1, 8, 20),
    "temporal_ema": (0.0, 0.5),
    "open_set_threshold": (0.0, 0.2, 0.9),
    "k_candidates": (1, 5),
    "publish_rate_limit": (0.0, 25.0),
    "prompt_templates": (["a photo of a {label}"], ["a {label}", "one {label}"]),
}
WRONG: dict[str, Any] = {"alpha_fusion": 7.0, "fuse": "early", "backbone": "other", "k": -1}


class Visitor:
    """Asks through a client; `act` does one thing and waits for its answer.

    Threads: the client's thread hears topics and answers; the caller's thread acts. `tally` is written by
    both, each its own fields.

    Args:
        link: Hears and asks.
        seed: Of what is asked.
    """

    def __init__(self, link: RosClient, seed: int) -> None:
        self.tally = Tally()
        self._link = link
        self._random = random.Random(seed)
        self._frames = FrameCount()
        self._before: Frames | None = None
        self._began = 0.0
        self._heard: float | None = None
        self._overlay: Any = None
        link.subscribe(Recognition, names.RECOGNITION, self._hear, qos.recognition())
        link.subscribe(DiagnosticArray, names.DIAGNOSTICS, self._diagnose, qos.diagnostics())

    @property
    def sees(self) -> bool:
        """True once a recognition has come."""
        return self._heard is not None

    def act(self) -> None:
        """Ask for something; what gets no good answer is noted."""
        kinds = (self._teach, self._change, self._ask, self._set, self._set_wrong, self._watch)
        self._random.choices(kinds, weights=(4, 4, 3, 4, 1, 1))[0]()

    def begin(self) -> None:
        """Count from now on; the camera stands still meanwhile."""
        self._turn_camera(Transition.TRANSITION_DEACTIVATE)
        self._before = self._frames.settled(ANSWER_S)
        self._turn_camera(Transition.TRANSITION_ACTIVATE)
        self._began = time.monotonic()
        self._heard = None
        self.tally.longest_gap = 0.0

    def count(self) -> None:
        """Stop the camera and say in the tally what became of its frames."""
        self.tally.seconds = time.monotonic() - self._began
        self._turn_camera(Transition.TRANSITION_DEACTIVATE)
        after = self._frames.settled(ANSWER_S)
        if after is not None and self._before is not None:
            self.tally.frames = after.since(self._before)

    def _turn_camera(self, transition: int) -> None:
        path = f"{names.CAMERA_NODE}/change_state"
        self._request(names.CAMERA_NODE, ChangeState, path, transition=Transition(id=transition))

    def _teach(self) -> None:
        fields = {"label": self._label(), "frames": self._random.randint(0, 8)}
        self._call("register", **fields, negative=self._random.random() < 0.1)

    def _change(self) -> None:
        name = self._random.choice(("forget", "relabel", "undo", "undo", "redo", "set_prompts"))
        fields: dict[str, Any] = {}
        if name in ("forget", "relabel"):
            fields["label"] = self._label()
        if name == "relabel":
            fields["new_label"] = self._label()
        if name == "set_prompts":
            fields["labels"] = [self._label()]
        self._call(name, **fields)

    def _ask(self) -> None:
        self._call(self._random.choice(("list_labels", "explain", "audit", "snapshot")))

    def _set(self) -> None:
        name = self._random.choice(list(PARAMETERS))
        self._set_parameter(name, self._random.choice(PARAMETERS[name]), good=True)

    def _set_wrong(self) -> None:
        name = self._random.choice(list(WRONG))
        self._set_parameter(name, WRONG[name], good=False)

    def _watch(self) -> None:
        """Begin or end to watch the overlay."""
        if self._overlay is None:
            self._overlay = self._link.subscribe(Image, names.OVERLAY, lambda message: None, qos.overlay())
        else:
            self._link.unsubscribe(self._overlay)
            self._overlay = None

    def _label(self) -> str:
        return self._random.choice(LABELS)

    def _set_parameter(self, name: str, value: Any, *, good: bool) -> None:
        parameter = Parameter(name, value=value).to_parameter_msg()
        response = self._request(
            names.RECOGNITION_NODE, SetParameters, "recognition/set_parameters", parameters=[parameter]
        )
        if response is not None and response.results[0].successful is not good:
            self.tally.unanswered.append(f"{name} = {value!r}: {response.results[0].reason or 'accepted'}")

    def _call(self, name: str, **fields: Any) -> None:
        response = self._request(names.RECOGNITION_NODE, SERVICES[name][0], name, **fields)
        if response is not None and response.code in (response.INTERNAL_ERROR, response.NOT_ACTIVE):
            self.tally.unanswered.append(f"{name} {fields}: {response.message}")

    def _request(self, node: str, service: Any, path: str, **fields: Any) -> Any:
        self.tally.asked[path] = self.tally.asked.get(path, 0) + 1
        try:
            return self._link.call(f"/{node}", service, service.Request(**fields), ANSWER_S)
        except ClientError as error:
            self.tally.unanswered.append(f"{path} {fields}: {error}")
        return None

    def _hear(self, message: Recognition) -> None:
        now = time.monotonic()
        if self._heard is not None:
            self.tally.longest_gap = max(self.tally.longest_gap, now - self._heard)
        self._heard = now
        self.tally.recognitions += 1

    def _diagnose(self, message: DiagnosticArray) -> None:
        self._frames.take(message.status)
