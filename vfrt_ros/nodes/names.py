"""The names of topics and services, all relative, so that a namespace or a remap moves them."""

from __future__ import annotations

CAMERA_NODE = "camera"
RECOGNITION_NODE = "recognition"

IMAGE_RAW = "camera/image_raw"
CAMERA_INFO = "camera/camera_info"
COMPRESSED = "compressed"
"""What image_transport puts behind a topic's name, after a slash."""

IMAGE = "image"
RECOGNITION = "recognition"
OVERLAY = "overlay"
MEMORY_INFO = "memory_info"
DIAGNOSTICS = "/diagnostics"
