# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Names to encoders. Another package adds its own by the two dicts or by entry points.

    from vfrt_ros.core.encoders import BACKBONE_BUILDERS
    BACKBONE_BUILDERS["my_backbone"] = lambda device="cpu", **kw: MyBackbone(device=device, **kw)

or in its pyproject.toml, where the object named is such a builder:

    [project.entry-points."vfrt.backbones"]
    my_backbone = "my_package.encoders:build_backbone"

and `vfrt.text_encoders` likewise. A builder is called with keywords only, and must tolerate more of them
(`**kw`), since later versions may add some:

| keyword          | type | meaning                                                                  |
|------------------|------|--------------------------------------------------------------------------|
| `device`         | str  | `cpu`, `cuda` or `mps`, already chosen and present                       |
| `runtime`        | str  | `auto`, `torch` or `openvino`, as the user set it                        |
| `precision`      | str  | `auto`, `f32`, `bf16` or `f16`, as the user set it                       |
| `model_path`     | str  | folder of weights, or empty                                              |
| `allow_download` | bool | whether the network may be used to fetch weights                         |
| `img_size`       | int  | side of the network's input in pixels; 0 is the model's own              |
| `seed`           | int  | for anything random                                                      |
| `backbone`       | any  | text builders only: the backbone already built, to share weights with    |

What it returns has the members of `protocols.Backbone` or `protocols.TextEncoder`. Its vectors are checked,
and brought to unit norm unless the parameter `normalize` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Any

from vfrt_ros.core.encoders.catalog import CATALOG, HF_PREFIX, IMAGE_PREFIX, OPEN_CLIP_PREFIX, PREFIXES
from vfrt_ros.core.encoders.checked import CheckedBackbone, CheckedText, check_members
from vfrt_ros.core.types.errors import EncoderError, VfrtError, first_line, nearest

Builder = Callable[..., Any]
BACKBONE_GROUP, TEXT_GROUP = "vfrt.backbones", "vfrt.text_encoders"
_HIDDEN = {"fake", "fake_text", "none"}


def _embedded(**kw: Any) -> Any:
    from vfrt_ros.core.encoders.embedded.encoder import EmbeddedBackbone

    return EmbeddedBackbone(**kw)


def _embedded_text(**kw: Any) -> Any:
    from vfrt_ros.core.encoders.embedded.encoder import EmbeddedText

    return EmbeddedText(**kw)


def _fake(**kw: Any) -> Any:
    from vfrt_ros.core.encoders.fake import FakeBackbone

    return FakeBackbone(**kw)


def _fake_text(**kw: Any) -> Any:
    from vfrt_ros.core.encoders.fake import FakeText

    return FakeText(**kw)


def _hf(name: str) -> Builder:
    def build(**kw: Any) -> Any:
        from vfrt_ros.core.encoders.clip.image_encoder import HfBackbone

        return HfBackbone(name, **kw)

    return build


def _hf_text(name: str) -> Builder:
    def build(**kw: Any) -> Any:
        from vfrt_ros.core.encoders.clip.text_encoder import HfText

        return HfText(name, **kw)

    return build


def _open_clip(name: str) -> Builder:
    def build(**kw: Any) -> Any:
        from vfrt_ros.core.encoders.open_clip.image_encoder import OpenClipBackbone

        return OpenClipBackbone(name, **kw)

    return build


def _open_clip_text(name: str) -> Builder:
    def build(**kw: Any) -> Any:
        from vfrt_ros.core.encoders.open_clip.text_encoder import OpenClipText

        return OpenClipText(name, **kw)

    return build


def _image(name: str) -> Builder:
    def build(**kw: Any) -> Any:
        from vfrt_ros.core.encoders.image_only.image_encoder import ImageBackbone

        return ImageBackbone(name, **kw)

    return build


def _no_text(**kw: Any) -> Any:
    from vfrt_ros.core.encoders.no_text import NoText

    return NoText(**kw)


_BACKBONES_BY_PREFIX = {HF_PREFIX: _hf, OPEN_CLIP_PREFIX: _open_clip, IMAGE_PREFIX: _image}
_TEXTS_BY_PREFIX = {HF_PREFIX: _hf_text, OPEN_CLIP_PREFIX: _open_clip_text}
BACKBONE_BUILDERS: dict[str, Builder] = {
    "embedded": _embedded,
    "fake": _fake,
    **{name: _hf(name) for name, entry in CATALOG.items() if entry.model_id and ":" not in name},
}
TEXT_BUILDERS: dict[str, Builder] = {
    "embedded_text": _embedded_text,
    "fake_text": _fake_text,
    "clip_text": _hf_text(""),
    "open_clip_text": _open_clip_text(""),
    "none": _no_text,
}
_OURS = (*BACKBONE_BUILDERS.values(), *TEXT_BUILDERS.values())


def backbone_names() -> list[str]:
    """Every name that `backbone` may have beside `auto` and others of `PREFIXES`, sorted; plug-ins are not loaded."""
    return sorted({*_names(BACKBONE_BUILDERS, BACKBONE_GROUP), *CATALOG})


def check_backbone_name(name: str, what: str = "backbone") -> None:
    """Refuse a name that no backbone has, before anything is loaded.

    Args:
        name: As for `load_encoders`; a model behind a prefix is not looked for.
        what: Calls it so in the message, as the person did who gave the name.

    Raises:
        EncoderError: The name is unknown.
    """
    if not (name.startswith(PREFIXES) or name in {"auto", *BACKBONE_BUILDERS, *backbone_names()}):
        raise _unknown(what, name, BACKBONE_BUILDERS, BACKBONE_GROUP, _BACKBONES_BY_PREFIX)


def text_encoder_names() -> list[str]:
    """Every name that `text_encoder` may have beside `auto` and those of a prefix, sorted."""
    return _names(TEXT_BUILDERS, TEXT_GROUP)


def build_backbone(name: str, normalize: bool = True, **keywords: Any) -> Any:
    """Build a backbone by name.

    Args:
        name: a name, or a model behind one of `PREFIXES`, such as `hf:<model id or folder>`.
        normalize: bring the vectors of a plug-in to unit norm; our own encoders always do.
        keywords: of the table above.

    Raises:
        EncoderError: the name is unknown, its plug-in is broken, or its weights cannot be had.
    """
    backbone = _build("backbone", name, BACKBONE_BUILDERS, BACKBONE_GROUP, _BACKBONES_BY_PREFIX, keywords)
    if _is_ours(name, BACKBONE_BUILDERS):
        return backbone
    check_members("backbone", name, backbone, "encode_images")
    return CheckedBackbone(backbone, normalize)


def build_text_encoder(name: str, normalize: bool = True, **keywords: Any) -> Any:
    """Build a text encoder by name; arguments and errors as for `build_backbone`."""
    text = _build("text_encoder", name, TEXT_BUILDERS, TEXT_GROUP, _TEXTS_BY_PREFIX, keywords)
    if _is_ours(name, TEXT_BUILDERS):
        return text
    check_members("text_encoder", name, text, "encode_text")
    return CheckedText(text, normalize)


def _build(
    what: str,
    name: str,
    builders: dict[str, Builder],
    group: str,
    prefixes: Mapping[str, Callable[[str], Builder]],
    keywords: Any,
) -> Any:
    for prefix, make in prefixes.items():
        if name.startswith(prefix):
            return make(name)(**keywords)
    builder = builders.get(name) or _plugin(what, name, group)
    if builder is None:
        raise _unknown(what, name, builders, group, prefixes)
    if builder in _OURS:
        return builder(**keywords)
    try:
        return builder(**keywords)
    except VfrtError:
        raise
    except Exception as error:
        raise EncoderError(f"the plug-in {what} '{name}' failed: {_brief(error)}") from error


def _unknown(
    what: str, name: str, builders: Iterable[str], group: str, prefixes: Iterable[str]
) -> EncoderError:
    known = sorted([*_names(builders, group), "auto"])
    return EncoderError(
        f"{what}: expected one of {', '.join(known)} or {' or '.join(prefixes)}<model>, got '{name}'."
        f"{nearest(name, known)}"
    )


def _is_ours(name: str, builders: dict[str, Builder]) -> bool:
    return name.startswith(PREFIXES) or builders.get(name) in _OURS


def _plugin(what: str, name: str, group: str) -> Builder | None:
    found = [point for point in metadata.entry_points(group=group) if point.name == name]
    if not found:
        return None
    try:
        builder = found[0].load()
    except Exception as error:
        raise EncoderError(
            f"the plug-in {what} '{name}' ({found[0].value}) cannot be loaded: {_brief(error)}"
        ) from error
    if not callable(builder):
        raise EncoderError(f"the plug-in {what} '{name}' ({found[0].value}) is not a function or class")
    return builder


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"


def _names(builders: Iterable[str], group: str) -> list[str]:
    return sorted({*builders, *(point.name for point in metadata.entry_points(group=group))} - _HIDDEN)
