# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The browser's part of pointing at the picture: it shows the picture, follows the pointer and tells what was drawn."""

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
