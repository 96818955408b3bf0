# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The panel in a real browser, on a demo that runs: see, set, teach, correct, and a node that dies."""

from __future__ import annotations

from pathlib import Path
from urllib.request import Request, urlopen

import cv2
import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from ui.browser import Browser
from ui.live_system import LiveSystem
from ui.panel_process import PanelProcess

pytestmark = [pytest.mark.ui, pytest.mark.timeout(300)]

ALPHA = ".st-key-parameter-alpha_fusion input[type=range]"
SMOOTHING = ".st-key-parameter-temporal_ema input[type=range]"
THING = ".st-key-label-thing summary"


def test_the_picture_changes(browser: Browser) -> None:
    first = browser.wait(browser.look, "a picture")
    second = browser.wait(lambda: (now := browser.look()) != first and now, "another picture")
    assert first and second and first != second
    assert browser.find(".vfrt-answer").text


def test_the_stream_of_pictures_is_not_compressed_once_more(browser: Browser) -> None:
    request = Request(browser.driver.current_url + "overlay.mjpg", headers={"Accept-Encoding": "gzip"})
    with urlopen(request) as stream:
        assert stream.headers["Content-Encoding"] is None
        assert stream.readline() == b"--picture\r\n"


def test_the_page_loads_nothing_from_elsewhere(browser: Browser) -> None:
    browser.find("button", "Register")
    loaded = browser.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    home = browser.driver.current_url.rstrip("/")
    assert loaded
    assert [name for name in loaded if not name.startswith((home, "data:", "blob:"))] == []


def test_a_slider_sets_the_parameter_from_the_keyboard(browser: Browser, system: LiveSystem) -> None:
    browser.tab("Settings")
    for value in (0.69, 0.68, 0.67):
        browser.keys(ALPHA, Keys.ARROW_LEFT)
        browser.wait(
            lambda value=value: system.value("alpha_fusion") == pytest.approx(value), f"{value} there"
        )


def test_a_change_made_elsewhere_moves_the_slider(browser: Browser, system: LiveSystem) -> None:
    browser.tab("Settings")
    system.set("alpha_fusion", "0.2")
    browser.wait(lambda: browser.all(ALPHA)[0].get_attribute("value") == "0.2", "the slider at 0.2")
    assert system.value("alpha_fusion") == pytest.approx(0.2)


def test_a_refused_value_shows_the_nodes_reason_and_goes_back(browser: Browser, system: LiveSystem) -> None:
    browser.tab("Settings")
    browser.keys(SMOOTHING, Keys.END)
    browser.wait_for_text("must be a number in [0, 1)", ".st-key-parameter-temporal_ema")
    assert system.value("temporal_ema") == pytest.approx(0.15)


def test_registering_names_what_is_seen(browser: Browser) -> None:
    browser.tab("Teach")
    browser.box("Label").send_keys("thing", Keys.ENTER)
    browser.wait_for_text("Registered", "[data-testid=stAlert]")
    browser.find(".vfrt-shown .kept img")
    browser.wait_for_text("thing", ".vfrt-answer.known strong")


def front(browser: Browser) -> str:
    """The tab that is in front."""
    return browser.find("[role=tab][aria-selected=true]").text


ACTIONS = {
    "Snapshot": "Take a snapshot",
    "Memory": "Prepare the file",
    "Prompts": "Set prompts",
    "Labels": "Redo",
}


@pytest.mark.parametrize(("tab", "button"), ACTIONS.items(), ids=ACTIONS)
def test_the_tab_stays_and_what_is_said_moves_nothing(tab: str, button: str, system: LiveSystem) -> None:
    with Browser() as browser:  # where nothing has been said yet
        browser.open(system.panel_address)
        browser.tab(tab)
        place = browser.place("[role=tablist]")
        browser.button(button)
        browser.find(".st-key-note [data-testid=stAlert]")
        assert front(browser) == tab
        assert browser.place("[role=tablist]") == place


def test_a_wrong_answer_is_put_right_beside_it(browser: Browser) -> None:
    browser.tab("Memory")
    browser.box("Wrong? It is …").send_keys("gadget", Keys.ENTER)
    browser.wait_for_text("of 'gadget'", ".st-key-note")
    said = browser.find(".st-key-note").text
    browser.press(".st-key-correct-offered button", "thing")
    browser.wait(lambda: browser.find(".st-key-note").text != said, "the answer to the second")
    browser.wait(lambda: browser.box("Wrong? It is …").get_attribute("value") == "", "an empty box")
    assert front(browser) == "Memory"


def test_what_it_is_not_is_one_click(browser: Browser, system: LiveSystem) -> None:
    system.command("forget", "gadget")  # it may have the scene of the thing, and neither is known then
    browser.wait(
        lambda: "“" in browser.find(".st-key-not-this button").text, "a known answer that can be objected to"
    )
    browser.button("Redo")
    browser.wait_for_text("othing to redo", ".st-key-note")
    browser.press(".st-key-not-this button", "Not “")
    browser.wait(lambda: "redo" not in browser.find(".st-key-note").text, "an answer")
    browser.button("Undo")
    # What was stored; a click that the browser made twice finds near duplicates the second time.
    browser.wait_for_text("Undone: registered", ".st-key-note")
    assert "that are not '" in browser.find(".st-key-note").text


def test_why_shows_the_nearest_examples_the_prompt_and_the_threshold(browser: Browser) -> None:
    browser.find(".vfrt-answer strong")
    browser.press(".st-key-why button", "Why?")
    browser.find("[role=dialog] .vfrt-shown img")
    said = browser.find("[role=dialog] .vfrt-why").text
    for words in ("cosine", "threshold", "has no prompt", " %"):
        assert words in said
    browser.press("[role=dialog] button[aria-label=Close]")
    browser.wait(lambda: not browser.all("[role=dialog]"), "the end of the explanation")


def test_a_second_name_for_a_scene_is_told_and_undone_by_one_click(browser: Browser) -> None:
    browser.button("Stop")
    browser.button("Stop camera")  # so that the scene stays
    browser.wait_for_text("Camera stopped", ".vfrt-state")
    for name in ("first name", "second name"):
        browser.box("Wrong? It is …").send_keys(name, Keys.ENTER)
        browser.wait_for_text(f"of '{name}'", ".st-key-note")
    browser.wait_for_text("These look like 'first name' (cosine 1.00)", ".st-key-note")
    browser.button("Call it “first name”")
    browser.wait_for_text("first name", ".st-key-note [data-testid=stAlertContentSuccess]")
    browser.wait(
        lambda: "second name" not in [e.text for e in browser.all(".st-key-correct-offered button")],
        "the end of the second name",
    )
    browser.button("Start camera")
    browser.wait_for_text("Camera running", ".vfrt-state")


def test_a_box_is_dragged_and_named(browser: Browser, system: LiveSystem) -> None:
    """A box, a name, Enter: among the objects in view there is one of that name."""
    system.set("regions", "grid")
    browser.drag(".vfrt-picture img", (0.3, 0.3), (0.7, 0.7))
    browser.find(".vfrt-box")
    browser.wait_for_text("Only the box", "button")
    browser.wait(
        lambda: (
            "What is the box" in (browser.driver.switch_to.active_element.get_attribute("placeholder") or "")
        ),
        "the focus in the box for the name",
    )
    browser.type("gizmo", Keys.ENTER)
    browser.wait_for_text("of 'gizmo'", ".st-key-note")
    browser.wait_for_text("gizmo", ".vfrt-objects")
    assert not [each for each in browser.all(".vfrt-box") if each.is_displayed()]
    browser.button("Undo")
    browser.wait_for_text("Undone", ".st-key-note")
    system.set("regions", "off")


def test_a_setting_goes_back_to_its_default(browser: Browser, system: LiveSystem) -> None:
    system.set("temperature", "0.5")
    browser.tab("Settings")
    browser.press(".st-key-default-temperature button")
    browser.wait(lambda: system.value("temperature") == pytest.approx(0.9), "the default")


def test_in_a_network_the_panel_asks_for_its_token(system: LiveSystem, tmp_path: Path) -> None:
    panel = PanelProcess(tmp_path / "token.log", "--host", "0.0.0.0")
    try:
        address, _, token = panel.address.partition("/?token=")
        here = f"http://127.0.0.1:{address.rpartition(':')[2]}/"
        with Browser() as stranger:
            stranger.open(here)
            stranger.box("Token").send_keys("a guess", Keys.ENTER)
            stranger.wait_for_text("That is not the token")
            stranger.box("Token").send_keys(token, Keys.ENTER)
            stranger.find("[role=tab]", "Teach")
            shown = stranger.wait(stranger.look, "a picture")
            stranger.wait(lambda: stranger.look() != shown, "another picture")
            assert token not in stranger.driver.current_url
    finally:
        panel.kill()


def test_renaming_and_undo(browser: Browser) -> None:
    browser.tab("Labels")
    browser.press(THING)
    browser.find("input[type=checkbox], [data-testid=stCheckbox]")
    browser.box("New name").send_keys("object", Keys.ENTER)
    browser.find(".st-key-label-object summary")
    browser.wait(
        lambda: "thing" not in [e.text for e in browser.all("summary strong")], "the end of the old name"
    )
    browser.button("Undo")
    browser.find(THING)
    assert "object" not in [element.text for element in browser.all("summary strong")]


def test_single_examples_are_forgotten_and_a_memory_is_added(
    browser: Browser, system: LiveSystem, tmp_path: Path
) -> None:
    exported, other = tmp_path / "before.zip", tmp_path / "other.png"
    cv2.imwrite(str(other), np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8))
    system.command("register", "thing", "--images", str(other))  # so that one is left
    system.command("memory", "export", str(exported))
    browser.tab("Labels")
    if not browser.all(".st-key-label-thing details[open]"):
        browser.press(THING)
    browser.press("[data-testid=stCheckbox] label", "no. ")
    browser.button("Forget the 1 chosen")
    browser.wait_for_text("undo brings", "[data-testid=stAlert]")
    browser.tab("Memory")
    browser.all("input[type=file]")[0].send_keys(str(exported))
    browser.wait_for_text("before.zip", "[data-testid=stFileUploader]")
    browser.button("Add it to this memory")
    browser.wait_for_text("dded", "[data-testid=stAlert]")


def test_a_known_label_is_one_click_from_the_box(browser: Browser) -> None:
    browser.tab("Teach")
    browser.press(".st-key-teach-offered button", "thing")
    browser.wait(lambda: browser.box("Label").get_attribute("value") == "thing", "the label in the box")
    assert front(browser) == "Teach"


def test_the_node_is_stopped_and_started(browser: Browser) -> None:
    browser.button("Stop")
    browser.button("Stop recognition")
    browser.wait_for_text("Recognition stopped", ".vfrt-state")
    browser.button("Start recognition")
    browser.wait_for_text("Recognition running", ".vfrt-state")
    shown = browser.look()
    browser.wait(lambda: browser.look() != shown, "the picture to go on")


def test_a_node_that_is_gone_is_said_and_its_return_is_noticed(browser: Browser, system: LiveSystem) -> None:
    browser.tab("Prompts")
    system.kill()
    browser.wait_for_text("vfrt live", "[data-testid=stAlert]")
    system.start()
    browser.find("[role=tab]", "Teach")
    assert front(browser) == "Prompts"
    shown = browser.wait(browser.look, "a picture")
    browser.wait(lambda: browser.look() != shown, "the picture to go on")
    browser.tab("Labels")
    browser.find(THING)
