# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point at a thing in the live picture: drag a box around it, or click an object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st
from sensor_msgs.msg import RegionOfInterest

from vfrt_ros.core.types.region import Box
from vfrt_ros.panel import camera_choice
from vfrt_ros.panel.shared_client import shared_client

SCRIPT = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let place = parentElement.querySelector('.vfrt-picture');
  if (!place) {
    place = document.createElement('div');
    place.className = 'vfrt-picture';
    const image = document.createElement('img');
    image.alt = 'What the camera sees now, with what is recognised';
    image.draggable = false;
    const box = document.createElement('div');
    box.className = 'vfrt-box';
    box.hidden = true;
    place.append(image, box);
    parentElement.append(place);
  }
  const image = place.querySelector('img'), box = place.querySelector('.vfrt-box');
  if (image.getAttribute('src') !== data.source) image.src = data.source;

  // The picture lies in the middle of its element, as large as fits (object-fit: contain).
  const shown = () => {
    const width = image.naturalWidth || 4, height = image.naturalHeight || 3;
    const scale = Math.min(image.clientWidth / width, image.clientHeight / height);
    return { scale, width, height,
             left: (image.clientWidth - scale * width) / 2, top: (image.clientHeight - scale * height) / 2 };
  };
  const toPicture = (event) => {
    const at = shown(), edge = image.getBoundingClientRect();
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    return [within((event.clientX - edge.left - at.left) / at.scale, at.width),
            within((event.clientY - edge.top - at.top) / at.scale, at.height)];
  };
  const draw = (numbers) => {
    box.hidden = !numbers;
    if (!numbers) return;
    const at = shown(), [x, y, width, height] = numbers;
    box.style.left = `${image.offsetLeft + at.left + at.scale * x}px`;
    box.style.top = `${image.offsetTop + at.top + at.scale * y}px`;
    box.style.width = `${at.scale * width}px`;
    box.style.height = `${at.scale * height}px`;
  };
  const between = (a, b) =>
    [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])];

  let start = null;
  place.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    start = toPicture(event);
    place.setPointerCapture(event.pointerId);
  };
  place.onpointermove = (event) => { if (start) draw(between(start, toPicture(event))); };
  place.onpointercancel = () => { start = null; draw(data.box); };
  place.onpointerup = (event) => {
    if (!start) return;
    let [x, y, width, height] = between(start, toPicture(event));
    if (width < 4 || height < 4) { [x, y] = start; width = height = 0; draw(null); }
    start = null;
    setTriggerValue('pointed', { x, y, width, height });
  };
  if (!start) draw(data.box);

  // The name is typed next: the input asks for it as soon as the page has followed.
  if (data.question !== place.dataset.question) {
    place.dataset.question = data.question;
    let looks = 0;
    const look = setInterval(() => {
      const input = document.querySelector('.st-key-correct input');
      const asks = data.question && input && input.placeholder === data.question;
      if (asks) input.focus();
      if (asks || !data.question || ++looks > 100) clearInterval(look);
    }, 50);
  }
}
"""
"""A JavaScript module, as `st.components.v2` takes it."""


_CHOSEN, _COMPONENT = "pointed at", "picture"


def show_picture(source: str) -> None:
    """The live picture, in which a person can point.

    Args:
        source: Address of the picture.
    """
    box = pointed_box()
    data = {
        "source": source,
        "box": [box.x, box.y, box.width, box.height] if box else None,
        "question": pointed_question(),
    }
    _picture()(key=_COMPONENT, data=data, on_pointed_change=_take)


def pointed_fields() -> dict[str, Any]:
    """The fields of a registration that say what was pointed at; empty = nothing was."""
    chosen = _pointed_at()
    if isinstance(chosen, Box):
        box = RegionOfInterest(x_offset=chosen.x, y_offset=chosen.y, width=chosen.width, height=chosen.height)
        return {"region": box}
    return {"track": chosen} if chosen else {}


def pointed_words() -> str:
    """The words for what was pointed at; empty = nothing."""
    chosen = _pointed_at()
    if isinstance(chosen, Box):
        return f"the box {chosen}"
    return f"object #{chosen}" if chosen else ""


def pointed_question() -> str:
    """The question about what was pointed at; empty = nothing was."""
    words = pointed_words()
    return f"What is {words}?" if words else ""


def pointed_box() -> Box | None:
    """The box that was drawn, while it is what is pointed at."""
    chosen = _pointed_at()
    return chosen if isinstance(chosen, Box) else None


def forget_pointing() -> None:
    """Nothing is pointed at any more."""
    st.session_state[_CHOSEN] = None


def choose(pointed: Mapping[str, Any], objects: Any) -> Box | int | None:
    """Find out what a gesture means.

    Args:
        pointed: `x`, `y`, `width`, `height` of the drag in pixels of the picture; no width and height = a click.
        objects: The newest vfrt_msgs/RecognisedObjects; None = there are none.

    Returns:
        The box, or the track of the smallest object that was clicked, or nothing.
    """
    numbers = [float(pointed.get(name, 0.0)) for name in ("x", "y", "width", "height")]
    if not all(map(math.isfinite, numbers)) or max(map(abs, numbers)) > 2**20:
        return None
    x, y, width, height = (round(number) for number in numbers)
    if width > 0 and height > 0:
        return Box(max(0, x), max(0, y), width, height)
    under = [
        (each.box.width * each.box.height, each.track)
        for each in (objects.objects if objects is not None else ())
        if 0 <= x - each.box.x_offset < each.box.width and 0 <= y - each.box.y_offset < each.box.height
    ]
    return min(under)[1] if under else None


def _take() -> None:
    """A gesture came from the browser."""
    pointed = st.session_state[_COMPONENT].pointed
    if pointed:
        camera = camera_choice.chosen()
        st.session_state[_CHOSEN] = camera, choose(pointed, shared_client().objects_of(camera).newest())


def _pointed_at() -> Box | int | None:
    """The box or track that was pointed at in the picture of the camera that is looked at now."""
    camera, thing = st.session_state.get(_CHOSEN) or ("", None)
    is_same = camera == camera_choice.chosen() and not camera_choice.sees_all()
    return thing if is_same else None


@st.cache_resource
def _picture() -> Any:
    """The component, registered once for all sessions."""
    return st.components.v2.component("vfrt_picture", js=SCRIPT, isolate_styles=False)
