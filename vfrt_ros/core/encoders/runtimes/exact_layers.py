# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Leave the first layers of a network in float32 where the rest is computed in bf16."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

WEIGHTED = ("Convolution", "GroupConvolution", "MatMul")
"""OpenVINO's names of layers with weights."""


def keep_exact(model: Any, layers: int) -> Any:
    """The same model, whose first layers stay in float32 whatever precision it is compiled for.

    OpenVINO leaves an operation alone whose `rt_info` says `precise`. Python can't write such an attribute, so the
    model takes the way through its file format.

    Args:
        model: An `openvino.Model` in float32.
        layers: How many layers with weights, and all operations before the next one.
    """
    import openvino

    with TemporaryDirectory(prefix="vfrt-") as folder:
        file = Path(folder, "model.xml")
        openvino.save_model(model, file, compress_to_fp16=False)
        exact = _first_operations(openvino.Core().read_model(file), layers)
        tree = ElementTree.parse(file)
        for operation in tree.iterfind("layers/layer"):
            if operation.get("name") in exact:
                _mark(operation)
        content, weights = ElementTree.tostring(tree.getroot()), file.with_suffix(".bin").read_bytes()
    return openvino.Core().read_model(content, weights)


def _first_operations(model: Any, layers: int) -> set[str]:
    """The names of what is computed before the first layer with weights that is not one of so many."""
    names: set[str] = set()
    weighted = 0
    for operation in model.get_ordered_ops():
        kind = operation.get_type_name()
        weighted += kind in WEIGHTED
        if weighted > layers:
            break
        if kind not in ("Constant", "Parameter"):
            names.add(operation.get_friendly_name())
    return names


def _mark(operation: ElementTree.Element) -> None:
    info = operation.find("rt_info")
    if info is None:
        info = ElementTree.Element("rt_info")
        # The format wants it before the ports, and after what the operation is set to.
        operation.insert(int(operation.find("data") is not None), info)
    ElementTree.SubElement(info, "attribute", name="precise", version="0")
