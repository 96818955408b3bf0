# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The table of all parameters: each one stands here and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vfrt_ros.core.config.camera_names import check_cameras
from vfrt_ros.core.config.parameters import Settings, parameter

REGION_SOURCES = "vfrt.region_sources"
"""Entry-point group of the plug-ins of `regions`."""
DEFAULT_TEMPLATES = ("a photo of a {label}",)
_live = partial(parameter, live=True)
"""A parameter that a running node takes a new value of."""


def state_folder() -> Path:
    """Where vfrt keeps what it must not lose: `$ROS_HOME/vfrt`, by default `~/.ros/vfrt` (REP-150)."""
    return Path(os.environ.get("ROS_HOME") or Path.home() / ".ros") / "vfrt"


@dataclass(frozen=True, kw_only=True)
class RecognitionSettings(Settings):
    """The parameters of `/recognition`, live ones first."""

    alpha_fusion: float = _live(
        0.7,
        "Weight of the image memory against the text prompts: 0 = only text, 1 = only image",
        low=0.0,
        high=1.0,
    )
    fuse: str = _live(
        "calibrated",
        "Fusion rule: calibrated (learns its weights from the memory) or late (the plain fixed-weight rule)",
        choices=("calibrated", "late"),
    )
    k: int = _live(8, "Neighbours of the frame that the late rule looks at", low=1, high=1000)
    neighbor_agg: str = _live(
        "mean",
        "How the late rule turns a label's neighbours into one score",
        choices=("mean", "max", "sum", "median", "softmax"),
    )
    score_norm: str = _live(
        "none",
        "How the late rule normalises image and text scores over the labels",
        choices=("none", "zscore", "minmax", "softmax"),
    )
    temporal_ema: float = _live(
        0.15,
        "Smoothing over time: share of the past kept from frame to frame at 30 fps; 0 = off",
        low=0.0,
        high=1.0,
        open_high=True,
    )
    temperature: float = _live(0.9, "Scores are divided by it: lower = more decided", low=0.01, high=10.0)
    open_set: bool = _live(True, "Answer unknown where nothing fits; false = the best label")
    open_set_threshold: float = _live(
        0.05,
        "Higher = stricter. calibrated: the share of frames of known objects that may be called unknown; "
        "late: the least score of a known label",
        low=0.0,
        high=1.0,
    )
    register_frames: int = _live(
        8, "Recent frames that a registration looks at, unless it says how many", low=1, high=64
    )
    prompt_templates: tuple[str, ...] = _live(
        DEFAULT_TEMPLATES, "Prompts made of a label ({label}); their mean is its prototype"
    )
    regions: str = _live(
        "off",
        "Where objects are looked for: topic (boxes that others publish), motion (what moves before a standing "
        "camera), grid (windows all over the picture), off; plug-ins add others",
        choices=("off", "topic", "motion", "grid"),
        plugins=REGION_SOURCES,
    )
    max_regions: int = _live(20, "Objects in a picture at most", low=1, high=1000)
    region_slop: float = _live(
        0.05, "Seconds by which the stamp of boxes may differ from that of their picture", low=0.0, high=10.0
    )
    k_candidates: int = _live(5, "Candidates in a Recognition at most", low=1, high=100)
    publish_rate_limit: float = _live(
        0.0, "Recognitions per second at most, in Hz; 0 = no limit", low=0.0, high=1000.0
    )
    skip_unchanged: bool = _live(
        False, "Encode no frame that shows what the last one of its camera shows: decide by that one again"
    )
    encoder_timeout: float = _live(
        20.0,
        "Seconds after which an encoder without an answer counts as hung and is tried again",
        low=0.5,
        high=600.0,
    )
    max_label_length: int = _live(100, "Characters of a new label at most", low=1, high=500)
    max_labels: int = _live(1000, "Labels at most", low=1, high=100000)
    max_prompts: int = _live(50, "Prompts of a label at most", low=1, high=1000)
    max_examples: int = _live(1000, "Examples of a label at most, negatives among them", low=1, high=100000)
    max_images: int = _live(100, "Images in a register request at most", low=1, high=1000)
    max_megapixels: float = _live(
        50.0, "Size of a picture at most, in megapixels; larger ones are refused", low=0.01, high=500.0
    )
    max_request_megapixels: float = _live(
        200.0, "Size of all images of a register request at most, in megapixels", low=0.01, high=10000.0
    )
    max_snapshots_mb: float = _live(
        2000.0, "Size of all snapshots at most, in megabytes; the oldest go first", low=1.0, high=1e6
    )
    max_memory_mb: float = _live(
        10000.0,
        "Size of the memory's file, with its log, up to which it may grow, in megabytes; its copy takes as much again",
        low=1.0,
        high=1e6,
    )
    max_transfer_mb: float = _live(
        100.0,
        "Size of a memory's file that a service takes or gives at most, and of a page of pictures, in megabytes",
        low=0.1,
        high=2000.0,
    )

    backbone: str = parameter(
        "auto",
        "Image encoder: auto, embedded, clip_vit_b32, hf:<id or folder>, open_clip:<architecture>[@<tag or folder>], "
        "image:<id or folder> (no prompts), … (vfrt models list)",
    )
    text_encoder: str = parameter("auto", "Text encoder; auto = the one that belongs to the backbone")
    device: str = parameter(
        "auto",
        "Where the encoder runs; auto = cuda or mps if there is one",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    runtime: str = parameter(
        "auto",
        "What runs the encoder; auto = openvino on a cpu, else torch",
        choices=("auto", "torch", "openvino"),
    )
    precision: str = parameter(
        "auto",
        "Numbers the encoder computes with; auto = 16 bits where faster and near f32, measured; int8 is less exact",
        choices=("auto", "f32", "bf16", "f16", "int8"),
    )
    model_path: str = parameter("", "Folder with the encoder's weights; empty = the local cache")
    allow_download: bool = parameter(False, "Fetch weights that are not on this machine")
    seed: int = parameter(42, "Seed of everything random", low=0, high=2**31 - 1)
    img_size: int = parameter(0, "Side of the encoder's input in pixels; 0 = its own", low=0, high=4096)
    normalize: bool = parameter(True, "Give pixels the mean and deviation the encoder was trained on")
    memory_index: str = parameter(
        "Flat", "FAISS index of the memory: auto (a faster one above 20,000 examples) or any factory string"
    )
    nprobe: int = parameter(16, "Cells that an IVF index looks into", low=1, high=65536)
    memory_path: str = parameter("", "File of the memory; empty = $ROS_HOME/vfrt/<encoder>/memory.db")
    snapshot_dir: str = parameter("", "Folder for snapshots; empty = $ROS_HOME/vfrt/snapshots")
    fleet_url: str = parameter(
        "", "Server of the fleet that shares one memory: nats://host:4222, several by comma; empty = no fleet"
    )
    fleet_name: str = parameter("default", "Name of the fleet: robots of one name share their memory")
    fleet_credentials: str = parameter(
        "",
        "File with what the fleet's server asks for: .creds, nkey seed, token, or user, password and TLS files",
    )
    robot_name: str = parameter(
        "", "Name of this robot in its fleet: letters, digits, - and _; empty = the host's name"
    )
    init_labels: tuple[str, ...] = parameter((), "Labels that get a text prompt at the start")
    cameras: tuple[str, ...] = parameter(
        (), "Names of several cameras, each on <name>/image; empty = one camera on image"
    )
    image_transport: str = parameter(
        "raw", "Image topic: raw, or compressed at <image>/compressed", choices=("raw", "compressed")
    )
    autostart: bool = parameter(True, "Configure and activate at once; false = wait to be told")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_cameras(self.cameras)


@dataclass(frozen=True, kw_only=True)
class CameraSettings(Settings):
    """The parameters of `/camera`."""

    source: str = parameter(
        "auto",
        "Device (0, /dev/video0), video file, folder or glob of images, bag (PATH or PATH#/topic), rtsp:// or "
        "http:// URL (a stream or a single picture), GStreamer pipeline, demo, demo:objects (several things), auto",
    )
    fps: float = parameter(30.0, "Frames per second", low=0.0, high=1000.0, open_low=True)
    size: tuple[int, int] = parameter(
        (640, 480), "Width and height of the frames in pixels", low=16, high=8192, length=2
    )
    rotate: int = parameter(
        0,
        "Degrees clockwise by which pictures are turned, for a camera that is mounted sideways or upside down",
        low=0,
        high=270,
        choices=(0, 90, 180, 270),
    )
    flip: str = parameter(
        "none",
        "How pictures are mirrored after that: horizontal = left and right change places",
        choices=("none", "horizontal", "vertical", "both"),
    )
    frame_id: str = parameter(
        "camera_optical_frame",
        "frame_id of the published images (REP-103); demo while auto has found no camera",
    )
    reliability: str = parameter(
        "best_effort",
        "Reliability of the image topic: reliable subscribers see only a reliable one",
        choices=("best_effort", "reliable"),
    )
    loop: bool = parameter(True, "Start files again at their end")
    camera_info_url: str = parameter(
        "",
        "YAML file of the calibration, read and written by set_camera_info; empty = "
        "$ROS_HOME/camera_info/<name of the node>.yaml",
    )
    autostart: bool = parameter(True, "Configure and activate at once; false = wait to be told")
