# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Settings: a control for each live parameter, as the node itself describes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from vfrt_ros.panel.control import Shape, control_for, read_lines
from vfrt_ros.panel.markdown import plain
from vfrt_ros.panel.parameter_mirror import MirroredParameter
from vfrt_ros.panel.setting_groups import FOLDED, default_of, group_settings
from vfrt_ros.panel.shared_client import shared_client

LONGEST_DEFAULT = 10
"""Characters of a default that its button says."""


@st.fragment
def show() -> None:
    """All controls. Where a parameter is changed elsewhere, the whole page is made anew and they move."""
    entries = shared_client().parameters.entries()
    if not entries:
        st.caption("Reading the node's parameters …")
        return
    live = {entry.name: entry for entry in entries if not entry.descriptor.read_only}
    for group, titles in group_settings({name: entry.value for name, entry in live.items()}).items():
        if group not in FOLDED:
            st.markdown(f"**{group}**")
        with st.expander(group) if group in FOLDED else st.container():
            for name, title in titles.items():
                show_parameter(live[name], title)
    with st.expander("Fixed at the start"):
        st.caption("Start the node with another value to change these: `VFRT_<NAME>=… vfrt live`.")
        fixed = [entry for entry in entries if entry.descriptor.read_only]
        st.table({plain(entry.name): plain(_shown(entry.value)) for entry in fixed}, border="horizontal")


def show_parameter(entry: MirroredParameter, title: str) -> None:
    """One control, at the value that the node has now, with the reason of a refusal below it."""
    place = _place(entry)
    with st.container(key=f"parameter {entry.name}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            with st.container():
                _draw(entry, place, title)
            _show_way_back(entry, place)
        if place.refusal:
            st.error(plain(place.refusal))


def _show_way_back(entry: MirroredParameter, place: Place) -> None:
    """A button for the default, which has its place also where there is nothing to go back to."""
    default = default_of(entry.name)
    if default is None:
        return
    text = _shown(default)
    st.button(
        plain(text) if len(text) <= LONGEST_DEFAULT else "default",
        key=f"default {entry.name}",
        icon=":material/restart_alt:",
        type="tertiary",
        help=f"Back to the default, {plain(text)}",
        disabled=default == entry.value,
        on_click=_go_back,
        args=(entry, place, default),
    )


def _go_back(entry: MirroredParameter, place: Place, default: Any) -> None:
    place.refusal = shared_client().parameters.set(entry.name, default)
    place.turn_to(entry.value if place.refusal else default)


def change(entry: MirroredParameter, place: Place, key: str) -> None:
    """Hand the control's value to the node; after a refusal the control goes back to what the node has."""
    if key != place.key:
        return  # a late word of a control that was replaced
    value = st.session_state[key]
    try:
        value = read_lines(entry.kind, value) if isinstance(entry.value, list) else type(entry.value)(value)
        place.refusal = shared_client().parameters.set(entry.name, value)
    except ValueError as error:
        place.refusal = str(error)
    if place.refusal:
        place.turn_to(entry.value)
    else:
        place.seen = value


@dataclass
class Place:
    """Where a parameter is shown in one session.

    A control is never told a new value, since a browser that misses that would send its own one to the node.
    Where the node's value was changed elsewhere, a new control takes the place of the old.

    Attributes:
        start: What the control showed first.
        seen: What the node had when the control agreed with it last.
        number: Of the control at this place.
        refusal: Why the node refused the last value; empty = it did not.
    """

    name: str
    start: Any
    seen: Any
    number: int = 0
    refusal: str = ""

    @property
    def key(self) -> str:
        """Of the present control."""
        return f"value {self.name} {self.number}"

    def turn_to(self, value: Any) -> None:
        """Show a value that was not set by this control."""
        self.start = self.seen = value
        self.number += 1


def _place(entry: MirroredParameter) -> Place:
    places = st.session_state.setdefault("places", {})
    place: Place = places.setdefault(entry.name, Place(entry.name, entry.value, entry.value))
    if place.seen != entry.value:
        place.turn_to(entry.value)
        place.refusal = ""
    return place


def _draw(entry: MirroredParameter, place: Place, title: str) -> None:
    control = control_for(replace(entry, value=place.start))
    title = plain(title)
    start = place.start
    more: dict[str, Any] = {
        "key": place.key,
        "help": f"{plain(entry.descriptor.description)} (`{entry.name}`)",
        "on_change": change,
        "args": (entry, place, place.key),
    }
    match control.shape:
        case Shape.SWITCH:
            st.toggle(title, start, **more)
        case Shape.SLIDER:
            st.slider(title, control.low, control.high, start, control.step, **more)
        case Shape.NUMBER:
            st.number_input(title, control.low, control.high, start, control.step, **more)
        case Shape.CHOICE:
            st.segmented_control(title, control.choices, default=start, required=True, **more)
        case Shape.LINES:
            st.text_area(f"{title}, one on each line", "\n".join(map(str, start)), height=80, **more)
        case Shape.TEXT:
            st.text_input(title, start, **more)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
