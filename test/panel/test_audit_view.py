# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What the audit found is shown while the labels are looked at, with what mends it one click away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vfrt_msgs.msg import Finding, LabelInfo, MemoryInfo
from vfrt_msgs.srv import Audit, ForgetExamples, Relabel
from vfrt_ros.panel import labels_tab
from vfrt_ros.panel.shared_client import share

FINDINGS = [
    Finding(kind=Finding.SWALLOWED, labels=["cup", "mug"], text="Cups look like mugs.", cure="Merge them."),
    Finding(
        kind=Finding.WRONG,
        labels=["cup"],
        examples=["a:1:0", "a:1:1"],
        text="Two are odd.",
        cure="Relabel them.",
    ),
    Finding(kind=Finding.IMBALANCE, labels=["cup"], text="Few cups.", cure="Register more of 'cup'."),
]
KINDS = {"Audit": Audit, "Relabel": Relabel, "ForgetExamples": ForgetExamples}


class Client:
    """A node that finds these, and notes what else it is asked for."""

    def __init__(self, examples: int, findings: list[Finding]) -> None:
        self.memory = MemoryInfo(version=1, labels=[LabelInfo(label="cup", examples=examples)])
        self.findings = findings
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, **fields: Any) -> Any:
        self.asked.append((service, fields))
        response = KINDS[service].Response(message="Done.")
        if service == "Audit":
            response.findings = self.findings
        return response


def page() -> None:
    from vfrt_ros.panel.labels_tab import show_audit
    from vfrt_ros.panel.shared_client import shared_client

    show_audit(shared_client().memory)


def run(examples: int = 8, findings: list[Finding] = FINDINGS) -> SimpleNamespace:
    client = Client(examples, findings)
    share(client)  # type: ignore[arg-type]
    app = AppTest.from_function(page, default_timeout=60.0).run()
    assert not app.exception
    return SimpleNamespace(app=app, client=client)


MENDS = {
    "Merge into mug": ("Relabel", {"label": "cup", "new_label": "mug"}),
    "Forget 2 examples": ("ForgetExamples", {"examples": ["a:1:0", "a:1:1"]}),
}


@pytest.mark.parametrize(("title", "asked"), MENDS.items(), ids=MENDS)
def test_what_can_be_mended_is_one_click_away(title: str, asked: tuple[str, dict[str, Any]]) -> None:
    seen = run()
    next(button for button in seen.app.button if button.label == title).click().run()
    assert asked in seen.client.asked


def test_what_a_person_has_to_do_is_said() -> None:
    seen = run()
    assert "Few cups\\." in [element.value for element in seen.app.markdown]
    assert [element.value for element in seen.app.caption] == ["Register more of \\'cup\\'\\."]


def test_it_is_asked_for_once_for_each_version_of_the_memory() -> None:
    seen = run()
    seen.app.run()
    assert [name for name, _ in seen.client.asked] == ["Audit"]
    seen.client.memory.version = 2
    seen.app.run()
    assert [name for name, _ in seen.client.asked] == ["Audit"] * 2


def test_a_large_memory_is_looked_through_only_when_asked() -> None:
    seen = run(examples=labels_tab.AT_ONCE + 1)
    assert seen.client.asked == []
    seen.app.button[0].click().run()
    assert [name for name, _ in seen.client.asked] == ["Audit"]


def test_that_nothing_was_found_is_said() -> None:
    assert [element.value for element in run(findings=[]).app.caption] == [
        "Nothing to find fault with among 8 examples."
    ]
