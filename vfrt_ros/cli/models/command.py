# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt models`: which encoders there are, which suits this machine, where weights are and how to get them."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vfrt_ros.cli.answer import aligned
from vfrt_ros.cli.command import OK, Command, CommandError, add_command, add_json_option

EXAMPLES = {
    "list": ("vfrt models list", "vfrt models list --json"),
    "pull": ("vfrt models pull clip_vit_b32", "vfrt models pull hf:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
    "path": ("vfrt models path clip_vit_b32", 'cp -rL "$(vfrt models path clip_vit_b32)" /media/usb/clip'),
}
SUMMARIES = {
    "list": "list the encoders: size, licence, whether their weights are here",
    "pull": "fetch the weights of an encoder from the Hugging Face hub",
    "path": "print the folder of an encoder's weights, to carry to a robot and give there as model_path",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The sub-commands of `vfrt models` and their options."""
    add_json_option(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, summary in SUMMARIES.items():
        own = add_command(actions, name, summary, EXAMPLES[name])
        if name != "list":
            own.add_argument(
                "name", metavar="NAME", help="as in vfrt models list, or hf:OWNER/MODEL and the like"
            )
        add_json_option(own)


def run(arguments: argparse.Namespace) -> int:
    """Do it, and show what was found."""
    from vfrt_ros.cli.answer import to_json

    if arguments.action is None:
        from vfrt_ros.cli.models import suits

        speeds = suits.time_encoders([row["name"] for row in encoders() if row["here"]])
        best = suits.suited(speeds)
        answer = {
            "ok": True,
            "encoders": [one.as_dict() for one in speeds],
            "suits": best.name if best else None,
        }
        print(to_json(answer) if arguments.json else suits.text(speeds))
        return OK
    if arguments.action == "list":
        rows = encoders()
        print(to_json({"ok": True, "encoders": rows}) if arguments.json else table(rows))
        return OK
    name = known(arguments.name)
    folder = pull(name, arguments.json) if arguments.action == "pull" else path(name)
    if arguments.json:
        print(to_json({"ok": True, "name": name, "path": str(folder) if folder else None}))
    elif folder:
        print(folder)
    return OK


def encoders() -> list[dict[str, Any]]:
    """Every encoder with what is known of it; `here` is null for one that another package brings."""
    from vfrt_ros.core.encoders import CATALOG
    from vfrt_ros.core.encoders.registry import backbone_names

    rows = [{**asdict(entry), "here": is_here(entry.name)} for entry in CATALOG.values()]
    others = [name for name in backbone_names() if name not in CATALOG]
    return rows + [{"name": name, "here": None, "note": "of another package"} for name in others]


def is_here(name: str) -> bool:
    """Whether an encoder of the catalogue can be used without a network."""
    from vfrt_ros.core.encoders.weights import are_here

    return are_here(name)


def table(rows: list[dict[str, Any]]) -> str:
    """The encoders in aligned columns, and what to do with them."""
    here = {True: "here", False: "-", None: "?"}
    shown = [("name", "weights", "here", "dim", "size", "licence and note")]
    for row in rows:
        weights = f"{row['size_mb']} MB" if "size_mb" in row else ""
        numbers = str(row.get("dim", "")), str(row.get("img_size", ""))
        published = f"ImageNet {row['accuracy']} {row['measure']}" if row.get("accuracy") else ""
        text = "; ".join(part for part in (row.get("licence", ""), row["note"], published) if part)
        shown.append((row["name"], weights, here[row["here"]], *numbers, text))
    return "\n".join(
        [
            *aligned(shown, right={1, 3, 4}),
            "",
            "`vfrt models pull NAME` fetches weights; vfrt live --backbone NAME uses them.",
        ]
    )


def known(name: str) -> str:
    """The name itself.

    Raises:
        CommandError: No encoder of our own is called so; names the nearest.
    """
    from vfrt_ros.core.encoders import CATALOG
    from vfrt_ros.core.encoders.weights import has_weights_of_its_own
    from vfrt_ros.core.types.errors import nearest

    if name in CATALOG or has_weights_of_its_own(name):
        return name
    raise CommandError(
        "Expected an encoder of `vfrt models list`, hf:OWNER/MODEL, open_clip:ARCHITECTURE or image:OWNER/MODEL; "
        f"got '{name}'."
        f"{nearest(name, CATALOG)}"
    )


def pull(name: str, quiet: bool = False) -> Path | None:
    """Fetch an encoder's weights, unless they are here; the hub's client shows how far it is.

    Args:
        quiet: Show no progress.

    Returns:
        Their folder; None for the encoder that has none.

    Raises:
        EncoderError: They cannot be had; says why in one line.
    """
    from vfrt_ros.core.encoders.weights import find_weights, has_weights_of_its_own

    if not has_weights_of_its_own(name):
        print(_built_in(name), file=sys.stderr)
        return None
    if quiet:
        from huggingface_hub.utils import disable_progress_bars

        disable_progress_bars()
    return find_weights(name, allow_download=True).absolute()


def path(name: str) -> Path:
    """The folder of an encoder's weights on this machine.

    Raises:
        CommandError: It has none.
        EncoderError: They are not here.
    """
    from vfrt_ros.core.encoders.weights import find_weights, has_weights_of_its_own
    from vfrt_ros.core.types.errors import WeightsMissingError

    if not has_weights_of_its_own(name):
        raise CommandError(_built_in(name))
    try:
        return find_weights(name).absolute()
    except WeightsMissingError as error:
        raise CommandError(
            f"The weights of {name} are not on this machine: `vfrt models pull {name}` where the hub can be "
            "reached, then carry the folder that this command prints there."
        ) from error


def _built_in(name: str) -> str:
    return f"{name} has no folder of its own: its weights come with the Python packages that `make setup` installs."


COMMAND = Command(
    summary="say which encoders there are and which suits this machine, fetch weights and tell where they are",
    examples=(
        "vfrt models",
        "vfrt models list",
        "vfrt models pull clip_vit_b32",
        "vfrt models path clip_vit_b32",
    ),
    configure=configure,
    run=run,
)
