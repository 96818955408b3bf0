# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources.open_source import open_source
from vfrt_ros.core.types.errors import SettingError, SourceError
from vfrt_ros.core.types.without_password import without_password

TEXTS = {
    "user and password": ("rtsp://me:secret@10.0.0.7/live", "rtsp://***@10.0.0.7/live"),
    "a user alone": ("rtsp://secret@10.0.0.7/live", "rtsp://***@10.0.0.7/live"),
    "a slash in the password": ("rtsp://a:sec/ret@h/x", "rtsp://***@h/x"),
    "slash, at sign and question mark": ("rtsp://a:s@e/c?ret@h:554/x", "rtsp://***@h:554/x"),
    "a blank and a quote": ("rtsp://a:sec ret'@h/x", "rtsp://***@h/x"),
    "an encoded at sign": ("rtsp://a:secret%4010.0.0.7/x", "rtsp://***/x"),
    "one slash": ("rtsp:/a:secret@h/x", "rtsp:/***@h/x"),
    "no scheme": ("admin:secret@10.0.0.7/live", "***@10.0.0.7/live"),
    "another scheme": ("rstp://admin:secret@h/x", "rstp://***@h/x"),
    "in the query": (
        "http://h/flv?user=secret&password=secret&channel=1",
        "http://h/flv?user=***&password=***&channel=1",
    ),
    "in the path": (
        "rtsp://h/user=secret&password=secret&channel=1",
        "rtsp://h/user=***&password=***&channel=1",
    ),
    "a word of plain letters, alone in the path": ("rtsp://h/mysecret/main", "rtsp://h/***/main"),
    "several of them": ("rtsp://h:554/garage/mysecret/live.sdp", "rtsp://h:554/***/***/live.sdp"),
    "the last segment": ("http://h/hls/secretive.m3u8", "http://h/hls/***.m3u8"),
    "a word and digits": ("rtsp://h/secret1/live", "rtsp://h/***/live"),
    "a number of four digits": ("rtsp://h/4711/live", "rtsp://h/***/live"),
    "a word among words of cameras": ("rtsp://h/live_secret_main", "rtsp://h/***"),
    "a word joined with them": ("rtsp://h/secretstream", "rtsp://h/***"),
    "a harmless name with a word of its own": (
        "http://h/live?stream=secret&index=4711",
        "http://h/live?stream=***&index=4711",
    ),
    "behind a semicolon in the path": ("rtsp://h/live;mysecret/main", "rtsp://h/live;***/main"),
    "in the path, by underscores": (
        "rtsp://h:554/user=admin_password=secret_channel=1_stream=0.sdp",
        "rtsp://h:554/user=***",
    ),
    "names of a maker's choice": (
        "http://h/video.cgi?loginuse=secret&loginpas=secret&rate=0",
        "http://h/video.cgi?loginuse=***&loginpas=***&rate=0",
    ),
    "in a harmless setting": (
        "http://h/x?stream=0_password=secret&sub=abcdefgh12345678",
        "http://h/x?stream=***&sub=***",
    ),
    "encoded in the path": ("http://h/user%3Dsecret/x", "http://h/***/x"),
    "behind semicolon and hash": ("http://h/a.jpg;sid=secret#key=secret", "http://h/a.jpg;sid=***#key=***"),
    "a bare query": ("http://h/a.jpg?secret", "http://h/a.jpg?***"),
    "a key as path": ("rtsps://h:7441/AbCdEfGhIjKl1234", "rtsps://h:7441/***"),
    "a token of three parts": ("https://h/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.x/a", "https://h/***/a"),
    "a UUID": ("https://h/0a1b2c3d-1111-2222-3333-444455556666/a", "https://h/***/a"),
    "a short key": ("rtsp://h/x7Kq2PzR9a/main", "rtsp://h/***/main"),
    "a random word": ("http://h/hls/pa55w0rd/index.m3u8", "http://h/hls/***/index.m3u8"),
    "a key in base64url": ("rtsp://h/dGhpc19pc19h-c2VjcmV0X2tle", "rtsp://h/***"),
    "a key in groups": ("rtmp://h/live2/abcd-1234-efgh-5678-ijkl", "rtmp://h/live2/***"),
    "a key behind its prefix": ("rtmp://h/app/live_12345678_aB3dE5fG7hJ9kL1mN3pQ", "rtmp://h/app/***"),
    "named by the segment before": ("http://h/token/mysecret/a.m3u8", "http://h/token/***/a.m3u8"),
    "named in two words": ("http://h/Stream-Key/secret", "http://h/Stream-Key/***"),
    "user and password as segments": (
        "http://h:80/live/secret/secret2/123.ts",
        "http://h:80/live/***/***/123.ts",
    ),
    "a URL in a URL": ("http://h/?url=rtsp://a:secret@i/x", "http://***@i/x"),
    "in a sentence": ("Nothing at rtsp://a:secret@h/x now.", "Nothing at rtsp://***@h/x now."),
    "a pipeline": (
        "rtspsrc location=rtsp://a:secret@h/x user-id=secret user-pw='secret' ! decodebin ! appsink",
        "rtspsrc location=rtsp://***@h/x user-id=*** user-pw=*** ! decodebin ! appsink",
    ),
}


@pytest.mark.parametrize(("text", "shown"), TEXTS.values(), ids=TEXTS)
def test_no_secret_is_left(text: str, shown: str) -> None:
    assert without_password(text) == shown
    assert "secret" not in shown


PLAIN = [
    "rtsp://[fe80::1]:554/live",
    "rtsp://10.0.0.7:554/Streaming/Channels/101",
    "rtsp://h/h264Preview_01_main",
    "rtsp://h/cam/realmonitor?channel=1&subtype=0",
    "http://h/axis-media/media.amp?resolution=640x480&fps=15",
    "http://h:8080/snapshot.jpg",
    "http://h/live/front/main/playlist.m3u8",
    "rtsp://h/cam0h264main1/H264VideoSensor1/MainStream01H264",
    "rtsp://h/onvif-media/FrontCamera2/h265Preview_01_sub",
    "http://h/rec/cam0_h264_1920x1080_30fps.mp4",
    "http://h/cgi-bin/nphMotionJpeg?Resolution=640x480&Quality=Standard",
    "rtsp://h/Streaming/Channels/101?transportmode=unicast",
    "rtsp://h/ch0_0.h264",
    "rtsp://h/unicast/c1/s0/live",
    "http://h:8080/webcam/?action=stream",
    "http://h/ISAPI/Streaming/channels/102/picture",
    "rtsp://h/videoMain",
    "rtsp://h/live.sdp",
    "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_9A3B4C5D-video-index0",
    "/data/film 2024-01-01.mp4",
    "file:///data/eye.yaml",
    "demo",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert without_password(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "rstp://me:secret@10.0.0.7/live",
        f"rstp://me:{'x' * 250}secret@10.0.0.7/live",
        "me:secret@10.0.0.7/live",
        "rstp://h/user=admin&password=secret",
    ],
    ids=["a wrong scheme", "longer than what is shown", "no scheme", "in the path"],
)
def test_a_refused_source_shows_none(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(CameraSettings(source=text))
    assert "secret" not in str(caught.value)
    assert "xxxx" not in str(caught.value)


def test_a_refused_value_shows_none() -> None:
    with pytest.raises(SettingError) as caught:
        CameraSettings.parameters()["source"].check(["rtsp://me:secret@h/x"])
    assert "secret" not in str(caught.value)
