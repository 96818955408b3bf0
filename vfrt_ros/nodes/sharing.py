# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The services that carry much: pages of examples, and a whole memory as one file.

Threads: they are answered in a thread of their own, beside the worker. What is long (making messages, packing and
unpacking, looking for duplicates) happens there, on copies; only reading the memory's state and writing what was
imported are done in the worker's turn, so recognition waits for those alone.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from vfrt_msgs.srv import ExportMemory, ImportMemory, ListExamples
from vfrt_ros.core.memory.bundle import pack_bundle, unpack_bundle
from vfrt_ros.core.memory.merge import bundle_of
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Example
from vfrt_ros.core.types.label import check_source
from vfrt_ros.nodes.messages import example_message
from vfrt_ros.nodes.service_context import ServiceContext

PAGE = 100
LONGEST_PAGE = 1000
UNPACKED = 4
"""A file may unpack to this many times `max_transfer_mb`: what it holds hardly shrinks when it is packed."""


def list_examples(
    context: ServiceContext, request: ListExamples.Request, response: ListExamples.Response
) -> str:
    """Show a page of the examples."""
    found, version = context.turn(lambda: context.recogniser.memory.examples.listed(request.label))
    if request.examples:
        by_id = {str(example.id): example for example in found}
        found = [by_id[name] for name in request.examples if name in by_id]
    wanted = found[request.offset :][: min(request.limit or PAGE, LONGEST_PAGE)]
    page: Sequence[Example] = context.turn(lambda: context.recogniser.memory.examples.with_details(wanted))
    if request.pictures:
        page = _light_enough(page, context.recogniser.settings.max_transfer_mb)
    response.examples = [example_message(example, picture=request.pictures) for example in page]
    response.total = len(found)
    response.memory_version = version
    if not page:
        return (
            f"None of {counted(len(found), 'example')} after the first {request.offset}."
            if found
            else "No examples."
        )
    first = request.offset + 1
    return f"Examples {first} to {request.offset + len(page)} of {len(found)}."


def export_memory(
    context: ServiceContext, request: ExportMemory.Request, response: ExportMemory.Response
) -> str:
    """Make one file of the memory."""
    if request.history:
        return _copy_memory(context, response)
    memory = context.recogniser.memory
    bundle, examples, labels = context.turn(lambda: (bundle_of(memory), len(memory), len(memory.labels)))
    most = context.recogniser.settings.max_transfer_mb
    _check_size(bundle.size, most, "export")
    data = pack_bundle(bundle)
    _check_size(len(data), most, "export")
    response.data = array("B", data)
    response.name = _file_name(bundle.encoder, ".vfrt.zip")
    return f"{counted(examples, 'example')} of {counted(labels, 'label')}, {len(data) / 1e6:.1f} MB."


def _copy_memory(context: ServiceContext, response: ExportMemory.Response) -> str:
    """A copy of the memory's own file, made in the worker's turn."""
    memory, most = context.recogniser.memory, context.recogniser.settings.max_transfer_mb

    def copy() -> tuple[bytes, int]:
        _check_size(memory.size, most, "backup")
        with TemporaryDirectory(prefix="vfrt-backup-") as folder:
            file = Path(folder) / "memory.db"
            memory.backup(file)
            return file.read_bytes(), memory.version

    data, version = context.turn(copy)
    _check_size(len(data), most, "backup")
    response.data = array("B", data)
    response.name = _file_name(memory.encoder, ".db")
    return f"The memory of change {version} with its history, {len(data) / 1e6:.1f} MB."


def _file_name(encoder: EncoderIdentity, ending: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", encoder.encoder_id) + ending


def import_memory(
    context: ServiceContext, request: ImportMemory.Request, response: ImportMemory.Response
) -> str:
    """Add what is in a file."""
    most = context.recogniser.settings.max_transfer_mb
    if len(request.data) > 1e6 * most:
        raise RequestError(
            f"The file has {len(request.data) / 1e6:.1f} MB, over the {most:g} of max_transfer_mb: raise it, or stop "
            "the node and use `vfrt memory import`."
        )
    name = check_source(PurePath(request.name).name) or "a file"
    bundle = unpack_bundle(request.data.tobytes(), name, largest=int(UNPACKED * 1e6 * most))
    prepared = context.recogniser.prepare_merge(bundle, f"imported from {name}")
    done = context.turn(lambda: context.recogniser.absorb(prepared))
    response.added, response.duplicates = done.added, done.duplicates
    return done.in_words


def _check_size(size: int, most: float, command: str) -> None:
    if size > 1e6 * most:
        raise RequestError(
            f"The file would have {size / 1e6:.1f} MB, over the {most:g} of max_transfer_mb: raise it, or stop the "
            f"node and use `vfrt memory {command}`."
        )


def _light_enough(page: Sequence[Example], most: float) -> Sequence[Example]:
    """The first of them, at least one, whose pictures together are not more than so many megabytes."""
    sizes = accumulate(len(example.thumbnail) for example in page)
    fitting = sum(size <= 1e6 * most for size in sizes)
    return page[: max(1, fitting)]
