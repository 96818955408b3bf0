# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The page as Streamlit draws it, on a client that the test plays."""

from __future__ import annotations

import doctest
import importlib
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage
from streamlit.testing.v1 import AppTest

from vfrt_msgs import srv
from vfrt_msgs.msg import Conflict, LabelInfo, MemoryInfo, Neighbour, Recognition, ShownFrame
from vfrt_ros.client.errors import ClientError
from vfrt_ros.panel import browser_camera
from vfrt_ros.panel.browser_source import Standing
from vfrt_ros.panel.camera_choice import ALL
from vfrt_ros.panel.layout import TABS
from vfrt_ros.panel.node_watch import NodeState
from vfrt_ros.panel.parameter_mirror import MirroredParameter
from vfrt_ros.panel.recognition_feed import ObjectsFeed
from vfrt_ros.panel.server import PAGE
from vfrt_ros.panel.shared_client import share

SECONDS = 60.0
LABEL = "*cup* <b>"


class Parameters:
    """Two live parameters and one that is fixed; negative values are refused."""

    def __init__(self) -> None:
        unit = [FloatingPointRange(from_value=0.0, to_value=1.0)]
        self._entries = [
            self._entry("alpha_fusion", Parameter.Type.DOUBLE, 0.7, floating_point_range=unit),
            self._entry("k", Parameter.Type.INTEGER, 8),
            self._entry("backbone", Parameter.Type.STRING, "fake", read_only=True),
        ]

    @staticmethod
    def _entry(name: str, kind: Parameter.Type, value: Any, **described: Any) -> MirroredParameter:
        return MirroredParameter(name, kind, value, ParameterDescriptor(description=name, **described))

    @property
    def version(self) -> int:
        return hash(str([entry.value for entry in self._entries]))

    def entries(self) -> list[MirroredParameter]:
        return list(self._entries)

    def value(self, name: str, otherwise: Any = None) -> Any:
        return next((entry.value for entry in self._entries if entry.name == name), otherwise)

    def set(self, name: str, value: Any) -> str:
        if value < 0:
            return f"{name} must be at least 0"
        self._entries = [
            MirroredParameter(e.name, e.kind, value if e.name == name else e.value, e.descriptor)
            for e in self._entries
        ]
        return ""


class Watch:
    """A node in the state that the test gives it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.state = NodeState.ACTIVE
        self.doing = self.fault = ""
        self.turned: list[bool] = []

    @property
    def answers(self) -> bool:
        return self.state not in (NodeState.ABSENT, NodeState.SILENT)

    def turn(self, on: bool) -> None:
        self.turned.append(on)


class Client:
    """What the pages ask of a client; calls are noted and answered with OK."""

    address = "/recognition"
    ice_servers = ()
    lost = ""
    fleet = ("robot desk of the fleet default: connected",)
    cameras: ClassVar[list[str]] = []
    browser = SimpleNamespace(standing=lambda session: Standing.FREE, end=lambda session: None)

    def __init__(self) -> None:
        self.recognition, self.camera = Watch("/recognition"), Watch("/camera")
        self.parameters = Parameters()
        info = LabelInfo(label=LABEL, examples=2, negatives=1)
        self.memory = MemoryInfo(version=3, encoder_id="fake", labels=[info])
        self.objects = ObjectsFeed()
        self.feed = SimpleNamespace(newest=lambda: Recognition(label="unknown"), age=0.0, samples=list)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.conflicts: list[Conflict] = []
        self.shown = [ShownFrame(code=ShownFrame.BLURRED, reason="blurred"), ShownFrame()]

    def feed_of(self, camera: str) -> Any:
        return self.feed

    def objects_of(self, camera: str) -> ObjectsFeed:
        return self.objects

    def camera_of(self, camera: str) -> Watch:
        return self.camera

    @property
    def labels(self) -> list[str]:
        return [info.label for info in self.memory.labels]

    def what_to_do(self) -> str:
        return "" if self.recognition.answers else "Start it with `vfrt live`."

    def call(self, service: str, seconds: float = 1.0, **fields: Any) -> Any:
        if service == "ListExamples":
            raise ClientError("the node is older")
        if service == "Explain":
            near = [Neighbour(example="a:7:0", cosine=0.91, share=0.25)]
            return srv.Explain.Response(
                lines=["The frame shows it."], label=LABEL, score=0.8, threshold=0.5, text_score=0.3,
                prompts=["a <cup>"], nearest=near,
            )  # fmt: skip
        self.asked.append((service, fields))
        response = getattr(srv, service).Response(message=f"{service} done.")
        if service == "Register":
            response.conflicts = self.conflicts
            response.shown = [
                ShownFrame(picture=CompressedImage(data=b"jpeg"), code=f.code, reason=f.reason)
                for f in self.shown
            ]
        return response


@pytest.fixture
def client() -> Client:
    client = Client()
    share(client)
    return client


def run() -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=SECONDS).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    """All HTML and Markdown of the page."""
    return "\n".join(
        element.value for element in (*app.get("html"), *app.markdown) if hasattr(element, "value")
    )


def test_without_the_node_it_says_what_to_start_and_offers_nothing(client: Client) -> None:
    client.recognition.state = NodeState.ABSENT
    app = run()
    assert "vfrt live" in app.warning[0].value
    assert not app.tabs
    client.recognition.state = NodeState.ACTIVE
    assert [tab.label for tab in app.run().tabs] == list(TABS)


def test_the_memory_tab_shows_the_fleet(client: Client) -> None:
    assert client.fleet[0] in [text.value for text in run().text]


def test_the_nodes_are_stopped_and_started(client: Client) -> None:
    app = run()
    app.button("turn Recognition").click().run()
    assert client.recognition.turned == [False]
    client.camera.state = NodeState.INACTIVE
    app.run().button("turn Camera").click().run()
    assert client.camera.turned == [True]


def test_registering_shows_what_was_kept_and_what_was_left_out(client: Client) -> None:
    app = run()
    app.text_input("teach label").set_value(" cup ")
    app.number_input("teach frames").set_value(3)
    app.checkbox("teach negative").check()
    _button(app, "Register").click().run()
    fields = {"label": "cup", "frames": 3, "negative": True, "pictures": True}
    assert client.asked == [("Register", fields)]
    assert app.success[0].value == r"Register done\."


def test_the_answer_is_corrected_beside_it(client: Client) -> None:
    client.feed.newest = lambda: Recognition(label="unknown", reason=Recognition.UNKNOWN_UNFAMILIAR)
    app = run()
    app.text_input("correct label").set_value(" mug ")
    _button(app, "Teach").click().run()
    assert client.asked.pop() == ("Register", {"label": "mug"})
    assert app.button("not this").disabled, "there is nothing to object to in an unknown"
    client.feed.newest = lambda: Recognition(label=LABEL, reason=Recognition.KNOWN)
    app.run().button("not this").click().run()
    assert client.asked == [("Register", {"label": LABEL, "negative": True})]


class TestCameras:
    @pytest.fixture
    def several(self, client: Client) -> Client:
        client.cameras = ["front", "left"]  # type: ignore[misc]
        return client

    def test_what_concerns_a_camera_names_the_one_that_is_looked_at(self, several: Client) -> None:
        app = run()
        app.text_input("correct label").set_value("mug")
        _button(app, "Teach").click().run()
        assert several.asked.pop() == ("Register", {"label": "mug", "camera": "front"})
        app.session_state["camera chosen"] = "left"
        app.run().text_input("teach label").set_value("cup")
        _button(app, "Register").click().run()
        assert several.asked.pop()[1]["camera"] == "left"
        _button(app, "Take a snapshot").click().run()
        assert several.asked.pop() == ("Snapshot", {"name": "", "picture": True, "camera": "left"})

    @pytest.fixture
    def sources(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The addresses of the pictures that are shown."""
        sources: list[str] = []
        monkeypatch.setattr("vfrt_ros.panel.pointing.show_picture", sources.append)
        return sources

    def test_the_picture_is_that_of_the_camera_or_of_all(self, several: Client, sources: list[str]) -> None:
        app = run()
        assert sources.pop().endswith("&camera=front")
        app.session_state["camera chosen"] = ALL
        app.run()
        assert sources.pop().endswith("&camera=%2A")

    def test_with_all_in_view_each_has_a_row_and_nothing_is_taught_by_guess(self, several: Client) -> None:
        app = run()
        app.session_state["camera chosen"] = ALL
        app.run()
        assert [f'<th scope="row">{name}</th>' in texts(app) for name in ("front", "left")] == [True, True]
        assert "correct label" not in [box.key for box in app.text_input]
        app.text_input("teach label").set_value("cup")
        _button(app, "Register").click().run()
        assert several.asked == []
        assert "Choose one camera" in app.error[0].value

    def test_a_camera_that_is_gone_gives_its_place_to_the_first(
        self, several: Client, sources: list[str]
    ) -> None:
        app = run()
        app.session_state["camera chosen"] = "door"
        app.run()
        assert sources.pop().endswith("&camera=front")

    def test_a_browsers_camera_takes_the_place_of_none_of_several(self, several: Client) -> None:
        app = run()
        assert any("takes the place of the only camera" in element.value for element in app.info)
        assert not app.toggle

    def test_each_node_is_started_and_stopped(self, several: Client) -> None:
        run().button("turn Camera left").click().run()
        assert several.camera.turned == [False]

    def test_one_camera_has_no_choice_and_no_name(self, client: Client, sources: list[str]) -> None:
        app = run()
        assert "camera" not in sources.pop()
        app.text_input("correct label").set_value("mug")
        _button(app, "Teach").click().run()
        assert client.asked == [("Register", {"label": "mug"})]


def test_an_explanation_has_examples_threshold_and_prompt_and_no_markup_of_others(client: Client) -> None:
    app = run().button("why").click().run()
    shown = texts(app)
    for words in ("25 %", "cosine 0.91", "no. a:7:0", "80 %", "50 %", "Cosine 0.30", "a &lt;cup&gt;"):
        assert words in shown
    assert LABEL not in shown


def test_a_second_name_for_a_scene_is_one_click_from_the_first(client: Client) -> None:
    client.conflicts = [Conflict(code=Conflict.SAME_SCENE, label="cup", cosine=1.0)]
    app = run()
    app.text_input("correct label").set_value("mug")
    _button(app, "Teach").click().run()
    assert len(app.warning) == 1
    merge = app.button("relabel conflict")
    merge.click().run()
    assert client.asked[-1] == ("Relabel", {"label": "mug", "new_label": "cup"})
    assert not app.warning
    asked = len(client.asked)
    merge.click().run()
    assert len(client.asked) == asked, "a second click in haste is for what is done already"


def test_a_setting_that_was_changed_goes_back_to_its_default(client: Client) -> None:
    app = run()
    assert app.button("default alpha_fusion").disabled
    client.parameters.set("alpha_fusion", 0.1)
    app.run().button("default alpha_fusion").click().run()
    assert client.parameters.value("alpha_fusion") == 0.7
    assert app.button("default alpha_fusion").disabled


def test_registering_nothing_is_refused_by_the_page(client: Client) -> None:
    app = run()
    _button(app, "Register").click().run()
    assert client.asked == []
    assert "Type first" in app.error[0].value


def test_a_slider_sets_and_a_refusal_is_shown(client: Client) -> None:
    app = run()
    app.slider("value alpha_fusion 0").set_value(0.25).run()
    assert client.parameters.value("alpha_fusion") == 0.25
    assert not app.error
    app.number_input("value k 0").set_value(-1).run()
    assert "must be at least 0" in app.error[0].value
    assert app.number_input("value k 1").value == 8


def test_a_change_made_elsewhere_moves_the_control(client: Client) -> None:
    app = run()
    client.parameters.set("alpha_fusion", 0.1)
    app.run()
    assert app.slider("value alpha_fusion 1").value == 0.1


def test_a_label_is_shown_as_it_is_and_can_be_renamed(client: Client) -> None:
    app = run()
    (label,) = [e for e in app.expander if "cup" in e.label]
    assert label.label == r"**\*cup\* \<b\>** · 2 examples, 1 negative"


def test_prompts_snapshot_undo_and_export_are_asked_for(client: Client) -> None:
    app = run()
    app.text_area("prompts text").set_value("cat\ndog")
    _button(app, "Set prompts").click().run()
    _button(app, "Take a snapshot").click().run()
    _button(app, "Undo").click().run()
    _button(app, "Prepare the file").click().run()
    assert [name for name, _ in client.asked] == ["SetPrompts", "Snapshot", "Undo", "ExportMemory"]
    assert client.asked[0][1] == {"labels": ["cat", "dog"], "prompts": [], "replace": False}
    assert client.asked[1][1] == {"name": "", "picture": True}


DOCUMENTED = (
    "control",
    "guard",
    "markdown",
    "now",
    "prompts_tab",
    "server",
    "setting_groups",
    "token_gate",
)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_examples_of_the_documentation(name: str) -> None:
    done = doctest.testmod(importlib.import_module(f"vfrt_ros.panel.{name}"))
    assert done.attempted
    assert not done.failed


def _button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


@pytest.mark.usefixtures("client")
def test_the_browsers_camera_costs_nothing_until_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bool] = []
    going = [True, True, False]

    def stream(session: str, wanted: bool) -> bool:
        drawn.append(wanted)
        return going[len(drawn) - 1]

    monkeypatch.setattr(browser_camera, "_stream", stream)
    app = run()
    assert (drawn, "Connecting" in texts(app)) == ([], False)
    assert (drawn, Standing.FREE.value.partition("'")[0] in texts(app)) == ([], True)
    (toggle,) = [toggle for toggle in app.toggle if "camera" in toggle.label]
    app = toggle.set_value(True).run()
    assert "allow the camera in your browser" in texts(app)
    app = next(t for t in app.toggle if "camera" in t.label).set_value(False).run()
    assert drawn == [True, False], "it is drawn until it has ended"
    app = app.run()
    app.run()
    assert drawn == [True, False, False]


def test_what_was_pointed_at_on_one_camera_is_not_taught_of_another(client: Client) -> None:
    client.cameras = ["front", "left"]  # type: ignore[misc]
    app = run()
    app.session_state["pointed at"] = ("front", 7)
    app.session_state["camera chosen"] = "left"
    app.run().text_input("correct label").set_value("mug")
    _button(app, "Teach").click().run()
    assert client.asked.pop() == ("Register", {"label": "mug", "camera": "left"})
    app.session_state["pointed at"] = ("left", 7)
    app.run().text_input("correct label").set_value("mug")
    _button(app, "Teach").click().run()
    assert client.asked.pop() == ("Register", {"label": "mug", "track": 7, "camera": "left"})
