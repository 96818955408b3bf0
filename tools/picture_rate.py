# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How many pictures a second a browser shows of the live overlay, with all of it on this machine: `make panel-rate`.

Camera (30 frames a second), recognition (embedded encoder), panel and a headless Chromium that draws by software
share the processor, as they do for a person who sits at the robot itself.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "test"))

from ui.browser import Browser
from ui.live_system import LiveSystem

from tools.private_domain import private_domain

LABELS = ("cat", "cup of coffee", "rocket", "motorcycle")
FPS = 30.0
ROUNDS = 5
SECONDS = 10

# In each of the browser's own frames: is the picture another one than in the last, is it blank?
_COUNT = """
const [seconds, done] = Array.from(arguments);
const image = document.querySelector('.vfrt-picture img');
const canvas = document.createElement('canvas');
[canvas.width, canvas.height] = [64, 48];
const context = canvas.getContext('2d', {willReadFrequently: true});
let last = '', shown = 0, blank = 0, drawn = 0;
const start = performance.now();
function look(now) {
  drawn++;
  context.drawImage(image, 0, 0, 64, 48);
  const data = context.getImageData(0, 0, 64, 48).data;
  const picture = data.join();
  shown += picture !== last;
  blank += data.every((value, index) => index % 4 === 3 || value === 0);
  last = picture;
  const passed = (now - start) / 1000;
  if (passed < seconds) requestAnimationFrame(look);
  else done({shown: shown / passed, drawn: drawn / passed, blank});
}
requestAnimationFrame(look);
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROS_DOMAIN_ID"] = str(private_domain())
        os.environ["ROS_HOME"] = folder
        with LiveSystem(Path(folder), "embedded", LABELS, fps=FPS) as system, Browser() as browser:
            browser.open(system.panel())
            browser.wait(browser.look, "a picture")
            browser.driver.set_script_timeout(3 * SECONDS)
            rounds = [browser.driver.execute_async_script(_COUNT, SECONDS) for _ in range(ROUNDS)]
    shown = [entry["shown"] for entry in rounds]
    print(
        f"{statistics.median(shown):.1f} pictures a second are shown (median of {ROUNDS} times {SECONDS} s, "
        f"{min(shown):.1f} to {max(shown):.1f}); "
        f"the page is drawn {statistics.median(entry['drawn'] for entry in rounds):.0f} times a second; "
        f"blank pictures: {sum(entry['blank'] for entry in rounds)}"
    )


if __name__ == "__main__":
    main()
