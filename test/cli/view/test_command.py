# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt view` without a window: what it asks the node, what it draws, and where there can be no window."""

from __future__ import annotations

import queue
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import RegionOfInterest

from vfrt_msgs import srv
from vfrt_msgs.msg import ShownFrame
from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.view.actions import carry_out
from vfrt_ros.cli.view.keys import Act, Entry, Wish
from vfrt_ros.cli.view.loop import NOTICE_SECONDS, ViewLoop
from vfrt_ros.cli.view.picture import HEIGHT, WIDTH, YELLOW, ViewScene, draw_scene
from vfrt_ros.client.node_client import NodeClient
from vfrt_ros.core.types.region import Box

from ..fake_recognition import FakeRecognition

WISHES = {
    "register": (Wish(Act.REGISTER, "cup"), "Register", {"label": "cup", "frames": 0}),
    "register a box": (
        Wish(Act.REGISTER, "cup", Box(10, 20, 30, 40)),
        "Register",
        {"region": RegionOfInterest(x_offset=10, y_offset=20, width=30, height=40)},
    ),
    "prompts by label": (
        Wish(Act.PROMPTS, "cat, dog,"),
        "SetPrompts",
        {"labels": ["cat", "dog"], "prompts": [], "replace": False},
    ),
    "own prompts": (
        Wish(Act.PROMPTS, "cat = a kitten"),
        "SetPrompts",
        {"labels": ["cat"], "prompts": ["a kitten"]},
    ),
    "undo": (Wish(Act.UNDO), "Undo", {}),
    "snapshot": (Wish(Act.SNAPSHOT), "Snapshot", {"name": ""}),
}


@pytest.mark.ros
@pytest.mark.parametrize(("wish", "service", "fields"), WISHES.values(), ids=WISHES)
def test_a_wish_is_a_request(fake: FakeRecognition, wish: Wish, service: str, fields: dict[str, Any]) -> None:
    fake.answers["Snapshot"] = {"path": "/somewhere"}
    with NodeClient("/recognition") as client:
        (line,) = carry_out(client, wish)
    request = fake.asked[service]
    assert {name: getattr(request, name) for name in fields} == fields
    assert line == ("Snapshot: /somewhere" if service == "Snapshot" else f"{service} done.")


@pytest.mark.ros
@pytest.mark.parametrize("act", [Act.REGISTER, Act.NOT_THIS, Act.SNAPSHOT], ids=lambda act: act.value)
def test_what_concerns_a_camera_names_it(fake: FakeRecognition, act: Act) -> None:
    with NodeClient("/recognition") as client:
        carry_out(client, Wish(act, "cup"), "left")
    assert [request.camera for request in fake.asked.values()] == ["left"]


@pytest.mark.ros
def test_open_set_is_turned_round(fake: FakeRecognition) -> None:
    with NodeClient("/recognition") as client:
        answers = [carry_out(client, Wish(Act.OPEN_SET))[0] for _ in range(2)]
    assert ["off" in answers[0], "on" in answers[1]] == [True, True]
    assert fake.node.get_parameter("open_set").value is True


@pytest.mark.ros
def test_what_was_left_out_is_told(fake: FakeRecognition) -> None:
    fake.answers["Register"] = {"message": "1 stored.", "reason_codes": [ShownFrame.BLURRED]}
    with NodeClient("/recognition") as client:
        assert carry_out(client, Wish(Act.REGISTER, "cup")) == ["1 stored.", "left out 1: blurred"]


@pytest.mark.ros
def test_a_refusal_is_the_nodes_sentence(fake: FakeRecognition) -> None:
    fake.answers["Undo"] = {"code": srv.Undo.Response.NOTHING_TO_UNDO, "message": "Nothing to undo."}
    with NodeClient("/recognition") as client, pytest.raises(CommandError, match=r"^Nothing to undo\.$"):
        carry_out(client, Wish(Act.UNDO))


@pytest.mark.parametrize("text", [",", "cat=", "=kitten", "cat=kitten, dog"])
def test_prompts_that_make_no_sense_reach_no_node(text: str) -> None:
    with pytest.raises(CommandError):
        carry_out(None, Wish(Act.PROMPTS, text))  # type: ignore[arg-type]


def photo(width: int = 640, height: int = 480) -> np.ndarray:
    return np.full((height, width, 3), 200, np.uint8)


SIZES = {"none yet": None, "small": photo(160, 120), "large": photo(1920, 1080), "narrow": photo(200, 900)}
SCENES = {
    "nothing": ViewScene(),
    "trouble": ViewScene(trouble="There is no node /recognition. " * 4),
    "entry": ViewScene(entry=Entry(Act.REGISTER, "Label:", "чашка " * 30)),
    "everything": ViewScene("gone", Entry(Act.PROMPTS, "Prompts:", "a"), True, ("one", "two " * 60, "three")),
}


@pytest.mark.parametrize("overlay", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_every_scene_fits_every_picture(overlay: np.ndarray | None, scene: ViewScene) -> None:
    before = None if overlay is None else overlay.copy()
    picture = draw_scene(overlay, scene)
    assert picture.dtype == np.uint8 and picture.shape[0] >= HEIGHT
    if overlay is None:
        assert picture.shape == (HEIGHT, WIDTH, 3)
    else:
        assert picture.shape[1] / picture.shape[0] == pytest.approx(overlay.shape[1] / overlay.shape[0], 0.01)
        np.testing.assert_array_equal(overlay, before)


@pytest.mark.parametrize("scene", [s for name, s in SCENES.items() if name != "nothing"])
def test_a_scene_is_seen(scene: ViewScene) -> None:
    assert (draw_scene(photo(), scene) != draw_scene(photo(), ViewScene())).any()


class FakeWindow:
    """A window whose keys are known beforehand; it is closed when there are none left."""

    def __init__(self, *codes: int, box: Box | None = None) -> None:
        self.codes = list(codes)
        self.pictures: list[np.ndarray] = []
        self.drawing: Box | None = None
        self._box = box

    def take_box(self) -> Box | None:
        box, self._box = self._box, None
        return box

    def show(self, picture: np.ndarray) -> None:
        self.pictures.append(picture)

    def wait_key(self) -> int:
        return self.codes.pop(0) if self.codes else -1

    @property
    def closed(self) -> bool:
        return not self.codes


class FakeLink:
    """A link that keeps what it was asked and answers at once."""

    def __init__(self) -> None:
        self.picture: np.ndarray | None = photo()
        self.trouble = ""
        self.failure: BaseException | None = None
        self.asked: list[Wish] = []
        self.notices: queue.Queue[list[str]] = queue.Queue()

    def ask(self, wish: Wish) -> None:
        self.asked.append(wish)
        self.notices.put(["Done."])


def run(window: FakeWindow, link: FakeLink, **more: Any) -> None:
    ViewLoop(window, link, **more).run()  # type: ignore[arg-type]


def test_what_is_typed_is_asked_of_the_node() -> None:
    link = FakeLink()
    run(FakeWindow(*b"rcup\r", *b"u", -1), link)
    assert link.asked == [Wish(Act.REGISTER, "cup"), Wish(Act.UNDO)]


def test_a_box_that_the_mouse_drew_is_asked_of_the_node() -> None:
    """The overlay is half as large as the window, and so is the box."""
    link = FakeLink()
    link.picture = photo(320, 240)
    window = FakeWindow(-1, *b"cup\r", -1, box=Box(100, 300, 61, 90))
    run(window, link)
    assert link.asked == [Wish(Act.REGISTER, "cup", Box(50, 150, 30, 45))]
    assert any((picture[300, 100:160] == YELLOW).all() for picture in window.pictures), "it is drawn"


def test_escape_forgets_the_box() -> None:
    link = FakeLink()
    run(FakeWindow(-1, 0x1B, *b"rcup\r", -1, box=Box(100, 80, 60, 90)), link)
    assert link.asked == [Wish(Act.REGISTER, "cup")]


def test_a_box_beside_the_picture_is_none() -> None:
    link = FakeLink()
    run(FakeWindow(-1, *b"u", -1, box=Box(5000, 80, 60, 90)), link)
    assert link.asked == [Wish(Act.UNDO)]


def test_q_ends_it_before_anything_else_is_done() -> None:
    link = FakeLink()
    run(FakeWindow(*b"qu", -1), link)
    assert link.asked == []


def test_an_unchanged_scene_is_drawn_once() -> None:
    window = FakeWindow(*[-1] * 20)
    run(window, FakeLink(), clock=lambda: 0.0)
    assert len(window.pictures) == 1


def test_an_answer_is_shown_for_some_seconds() -> None:
    now, window = [0.0], FakeWindow(*b"u", *[-1] * 8)
    wait = window.wait_key

    def wait_key() -> int:
        now[0] += NOTICE_SECONDS / 4
        return wait()

    window.wait_key = wait_key  # type: ignore[method-assign]
    run(window, FakeLink(), clock=lambda: now[0])
    plain = draw_scene(photo(), ViewScene())
    assert (window.pictures[1] != plain).any()
    np.testing.assert_array_equal(window.pictures[-1], plain)


def test_what_ended_the_link_ends_the_window() -> None:
    link = FakeLink()
    link.failure = RuntimeError("broken")
    with pytest.raises(RuntimeError, match="broken"):
        run(FakeWindow(-1, -1), link)


NO_DISPLAY = {"not set": "", "nobody there": ":987", "no display at all": "somewhere"}


@pytest.mark.parametrize("display", NO_DISPLAY.values(), ids=NO_DISPLAY)
def test_without_a_display_it_is_one_line(vfrt: Any, monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    outcome = vfrt("view")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "display" in outcome.err and "vfrt watch" in outcome.err
