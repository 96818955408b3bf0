# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Try the encoders on a graphics card: no network, no ROS, random weights, a few minutes.

    python -m tools.gpu_check                       # on CUDA; without it, a dry run on the CPU
    python -m tools.gpu_check --models tiny --json  # seconds, to see that the check itself works

CLIP ViT-B/32 and L/14 are made with random weights, on which neither speed nor memory depends, and loaded by the
product's own code. Embeddings are compared with the CPU's (cosine of at least .999, or the exit status is 1); one
camera, and 4 and 16 at once, are timed from frame to decision beside the reference loop on the same card: the
processor and the model of transformers in float32, and a search. Then the card is filled, to see what happens.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench.random_clip import save_random_clip
from vfrt_ros.bench.materials import fill, frames, label_names, vectors
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.errors import first_line

LEAST_COSINE = 0.999
EXAMPLES, LABELS = 2_000, 40
CAMERAS = (4, 16)
ROUNDS = {"cuda": 60, "cpu": 3}
WARM_UP = 2
_TOWER = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
MODELS: dict[str, dict[str, Any]] = {
    "ViT-B/32": {},
    "ViT-L/14": {
        "projection_dim": 768,
        "vision_config": {
            "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
            "patch_size": 14,
        },
        "text_config": {
            "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
        },
    },
    "tiny": {"projection_dim": 32, "vision_config": {**_TOWER, "patch_size": 32}, "text_config": _TOWER},
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print.

    Args:
        argv: Arguments; None = those of the process.

    Returns:
        0 = embeddings agree; 1 = they do not; 130 = Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.gpu_check", description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), help="default: cuda where it is, else cpu")
    parser.add_argument(
        "--models", nargs="+", choices=MODELS, default=["ViT-B/32", "ViT-L/14"], help="default: both"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    import torch

    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    card = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    try:
        rows = [measure(name, device) for name in arguments.models]
    except KeyboardInterrupt:
        return 130
    answer = {"device": device, "card": card, "torch": torch.__version__, "models": rows}
    print(json.dumps(answer, indent=1) if arguments.json else text(answer))
    return 0 if all(row["least_cosine"] >= LEAST_COSINE for row in rows) else 1


def measure(name: str, device: str) -> dict[str, Any]:
    """Everything about one model.

    Args:
        name: Of `MODELS`.
        device: `cuda` or `cpu`.
    """
    import torch

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        save_random_clip(folder, **MODELS[name])
        rounds = ROUNDS[device]
        settings = RecognitionSettings(
            backbone=f"hf:{folder}", device=device, runtime="torch" if device == "cuda" else "auto",
            memory_path=":memory:",
        )  # fmt: skip
        recogniser = Recogniser(settings)
        try:
            fill(recogniser.memory, EXAMPLES, LABELS)
            recogniser.settle()
            row: dict[str, Any] = {"model": name, "least_cosine": agreement(folder, recogniser, device)}
            row["reference_ms"] = milliseconds(reference_loop(folder, device), rounds, device)
            shown = frames(rounds + WARM_UP)
            turn = iter(shown * 2)
            row["ours_ms"] = milliseconds(lambda: recogniser.recognise(next(turn)), rounds, device)
            for count in CAMERAS:
                whole = milliseconds(partial(together, recogniser, count), rounds, device)
                row[f"ours_ms_of_{count}"] = whole
            if device == "cuda":
                row["memory_mb"] = torch.cuda.max_memory_allocated() / 2**20
                row["out_of_memory"] = fill_up(recogniser)
        finally:
            recogniser.close()
    return row


def agreement(folder: Path, recogniser: Recogniser, device: str) -> float:
    """The least cosine of the device's embeddings with those of the CPU in float32, over a few photographs."""
    pictures = [np.ascontiguousarray(one[..., ::-1]) for one in frames(5)]
    here = recogniser.encoders.backbone.encode_images(pictures)
    plain = load_encoders(f"hf:{folder}", device="cpu", runtime="torch", precision="f32").backbone
    return float((here * plain.encode_images(pictures)).sum(axis=1).min())


def reference_loop(folder: Path, device: str) -> Callable[[], object]:
    """The loop of a first try: transformers' processor and model in float32, a search, a mean for each label."""
    import faiss
    import torch
    from transformers import CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPImageProcessorPil.from_pretrained(folder)
    model = CLIPModel.from_pretrained(folder, local_files_only=True, dtype="float32").eval().to(device)
    dim = model.config.projection_dim
    index, labels = faiss.IndexFlatIP(dim), label_names(LABELS)
    index.add(vectors(EXAMPLES, dim, LABELS))
    turn = iter(frames(ROUNDS[device] + WARM_UP) * 2)

    def step() -> str:
        with torch.inference_mode():
            pixels = processor(next(turn)[..., ::-1], return_tensors="pt")["pixel_values"].to(device)
            found = model.get_image_features(pixel_values=pixels)
        row = getattr(found, "pooler_output", found).float().cpu().numpy()
        cosines, near = index.search(row / np.linalg.norm(row, axis=1, keepdims=True), 8)
        sums = np.bincount(near[0] * LABELS // EXAMPLES, cosines[0], LABELS)
        return labels[int(sums.argmax())]

    return step


def together(recogniser: Recogniser, count: int) -> list[object]:
    """Frames of so many cameras, encoded at once, each decided by itself."""
    observed = recogniser.observe_all(frames(count), [None] * count)
    return [recogniser.decide(one) for one in observed]


def milliseconds(step: Callable[[], object], rounds: int, device: str) -> float:
    """The median of some calls, after a few that are not counted; a card is waited for."""
    import torch

    taken = []
    for number in range(rounds + WARM_UP):
        began = time.perf_counter()
        step()
        if device == "cuda":
            torch.cuda.synchronize()
        if number >= WARM_UP:
            taken.append(time.perf_counter() - began)
    return 1e3 * statistics.median(taken)


def fill_up(recogniser: Recogniser) -> str:
    """Take nearly all of the card's memory, encode, give it back, and encode again."""
    import torch

    pictures = [np.zeros((480, 640, 3), np.uint8)] * 64
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info()
    held = torch.empty(max(free - 8 * 2**20, 0), dtype=torch.uint8, device="cuda")
    try:
        recogniser.encoders.backbone.encode_images(pictures)
        during = "encodes all the same"
    except Exception as error:
        during = f"{type(error).__name__}: {first_line(error)}"
    del held
    torch.cuda.empty_cache()
    try:
        recogniser.encoders.backbone.encode_images(pictures[:1])
    except Exception as error:
        return f"{during}; afterwards still {type(error).__name__}: {first_line(error)}"
    return f"{during}; afterwards it encodes again"


def text(answer: dict[str, Any]) -> str:
    """For people, as Markdown."""
    lines = [
        f"{answer['card']} ({answer['device']}), torch {answer['torch']}; random weights, medians in milliseconds",
        "",
        "| model | cosine with the CPU | reference loop | one camera | each of 4 | each of 16 | MB | full card |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in answer["models"]:
        one = row["reference_ms"]
        each = [row[f"ours_ms_of_{count}"] / count for count in CAMERAS]
        cells = [f"{value:.2f} ({one / value:.1f} x)" for value in (row["ours_ms"], *each)]
        memory = f"{row['memory_mb']:.0f}" if "memory_mb" in row else "–"
        lines.append(
            f"| {row['model']} | {row['least_cosine']:.5f} | {one:.2f} | {' | '.join(cells)} | {memory} | "
            f"{row.get('out_of_memory', '–')} |"
        )
    if answer["device"] == "cpu":
        lines += ["", "A dry run on the CPU: it shows that the check works, and says nothing about a card."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
