# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The way of a frame and that of a registration, step by step; each step names the place that takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """A step of a way.

    Attributes:
        what: Happens here.
        place: That does it, `module:name` below `vfrt_ros`.
        thread: In which it happens; a key of `THREAD_COLOURS`.
    """

    what: str
    place: str
    thread: str


THREAD_COLOURS = {
    "caller": "#e2e8f0",
    "camera": "#fde3c8",
    "executor": "#f6d5de",
    "worker": "#d3e8d3",
    "overlay worker": "#d6e4f7",
}
"""The threads that the pictures tell apart, and their colours."""

FRAME = (
    Stop("Read the source; stamp the frame", "core.sources.grabber:Grabber", "camera"),
    Stop("Publish the newest frame: topic image", "nodes.camera_node:CameraNode", "camera"),
    Stop(
        "Put it into its camera's newest-frame slot", "core.worker.frame_worker:NewestWorker.put", "executor"
    ),
    Stop("Convert it to BGR, 8 bits", "core.frames.image_reader:ImageReader.read", "worker"),
    Stop("Check its shape and type", "core.frames.observe:check_frame", "worker"),
    Stop("Measure quality; keep a small picture", "core.frames.observe:look", "worker"),
    Stop("Preprocess and encode it", "core.encoders.protocols:Backbone.encode_images", "worker"),
    Stop("Keep it for registering; look for a cut", "core.frames.recent_frames:RecentFrames.add", "worker"),
    Stop("Hold it against examples and prompts", "core.scoring.rule:FusionRule.evidence", "worker"),
    Stop("Smooth the evidence over time", "core.smoothing:Smoother.smooth", "worker"),
    Stop("Conclude scores and thresholds", "core.scoring.rule:FusionRule.conclude", "worker"),
    Stop("Favour the label shown last", "core.smoothing:favour", "worker"),
    Stop("Decide: known, or why unknown", "core.decision:decide", "worker"),
    Stop("Publish: topic recognition", "nodes.messages:recognition_message", "worker"),
    Stop("Draw, if somebody watches: topic overlay", "core.report.overlay:draw_overlay", "overlay worker"),
)

REGISTRATION = (
    Stop("Call the service register", "client.node_client:NodeClient", "caller"),
    Stop(
        "Hand the request to the worker as a job", "core.worker.frame_worker:NewestWorker.submit", "executor"
    ),
    Stop("Check limits; turn messages into frames", "nodes.services:register", "worker"),
    Stop("Take recent frames, or encode those given", "core.recogniser:Recogniser.register", "worker"),
    Stop("Leave out blurred, dark and duplicate frames", "core.registration:select", "worker"),
    Stop("Find other labels of the same scene", "core.registration:find_conflicts", "worker"),
    Stop("Begin the change", "core.memory.memory:Memory.register", "worker"),
    Stop("Do all that can refuse it", "core.rule_in_force:RuleInForce.check", "worker"),
    Stop("From here on it cannot be given up on", "core.types.job:begin_commit", "worker"),
    Stop("Write it to both files", "core.memory", "worker"),
    Stop("Let the rule follow: in force on the next frame", "core.scoring.rule:FusionRule.apply", "worker"),
    Stop("Tell of it: topic memory_info", "nodes.messages:memory_info_message", "worker"),
    Stop("Answer: a code and a sentence", "nodes.services:answer", "worker"),
    Stop("Send the answer back", "nodes.awaitable:awaitable", "executor"),
)
