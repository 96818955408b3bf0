# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The words that makers of cameras and streaming servers put into a path: what else stands there may be a secret."""

from __future__ import annotations

import re
from typing import Final

_CAMERAS = (
    "cam camera cameras cams cast ch chan channel channels default device devices dms dvr eye id index input "
    "inputs lens media multicast nvc nvr output port profile profiles sensor server source sources track trackid "
    "ucast unicast webcam"
)
_MAKERS = "amp axis csi ipcam isapi onvif psia realsense usb uvc"
_PICTURES = (
    "auto bag cap capture color colour compressed depth film frame frames getimage gray grey image images img "
    "infra ir jpeg jpg jpgimage motion nph oneshot oneshotimage photo pic picture pictures png raw rect rgb shot "
    "snap snapshot snapshots still thermal thumb webcapture webp"
)
_STREAMS = (
    "app audio av avc avi cgi bin chunk chunklist codec dash embed feed flv getstream hd hevc hls hq live "
    "livestream lq m3u main manifest master mcap mjpeg mjpg mkv mono mov movie mpd mpeg mpg play player playlist "
    "preview primary proxy realmonitor rec record recording recordings res rtmp rtp rtsp sd sdp secondary "
    "sequence stream streaming streams sub substream tertiary ts tunnel tv video videos view webm webrtc whep "
    "whip"
)
_PLACES = (
    "arm back base bottom chest down front gripper hand head hi left rear right side stereo top up wrist"
)
_FILES = "api data demo fast file files get html index standard static tmp tmpfs www yaml yml"
CAMERA_WORDS: Final = frozenset(" ".join((_CAMERAS, _MAKERS, _PICTURES, _STREAMS, _PLACES, _FILES)).split())

_CODEC = re.compile(r"(?<![a-z])(?:h26[45]|mp4|mpeg4|m3u8)(?!\d)", re.IGNORECASE)
_SIZE = re.compile(r"(?<!\d)\d{2,4}x\d{2,4}(?!\d)|(?<!\d)\d{1,3}fps", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_JOINED = re.compile(
    "(?:" + "|".join(sorted((w for w in CAMERA_WORDS if len(w) > 2), key=len, reverse=True)) + ")+"
)
_SHORT = re.compile(r"[A-Za-z]?\d?")
_NUMBER = re.compile(r"\d{1,3}")
_SIGNS = re.compile(r"[._-]+")


def is_of_camera_words(segment: str) -> bool:
    """Whether one segment of a path holds nothing but words of cameras, sizes and numbers of up to three digits.

    >>> is_of_camera_words("h264Preview_01_main"), is_of_camera_words("hunter"), is_of_camera_words("4711")
    (True, False, False)
    """
    if _SHORT.fullmatch(segment):
        return True
    rest = _SIZE.sub(".", _CODEC.sub(".", segment))
    return all(_is_known(run) for run in _RUN.findall(rest))


def _is_known(run: str) -> bool:
    word = run.lower()
    known = word in CAMERA_WORDS or _JOINED.fullmatch(word)
    return bool(known or _NUMBER.fullmatch(run) or _SIGNS.fullmatch(run))
