"""`vfrt prompts`: describe labels in words."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, UsageError, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt prompts`."""
    parser.add_argument(
        "prompts", nargs="*", metavar="LABEL[=PROMPT]", help="a label, or a label with its own prompt"
    )
    parser.add_argument("--replace", action="store_true", help="labels not named here lose their prompts")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer."""
    labels, prompts = split_prompts(arguments.prompts)
    if not labels and not arguments.replace:
        raise UsageError("Name at least one label, or remove all prompts with --replace.")
    return ask(arguments, "SetPrompts", labels=labels, prompts=prompts, replace=arguments.replace)


def split_prompts(entries: list[str]) -> tuple[list[str], list[str]]:
    """Labels and prompts, one prompt for each label or none at all.

    Raises:
        UsageError: A label or a prompt is empty, or only some of the labels have a prompt.

    >>> split_prompts(["cat", "rocket"])
    (['cat', 'rocket'], [])
    >>> split_prompts(["cat=a photo of a cat"])
    (['cat'], ['a photo of a cat'])
    """
    pairs = [entry.partition("=") for entry in entries]
    labels = [label.strip() for label, _, _ in pairs]
    prompts = [prompt.strip() for _, equals, prompt in pairs if equals]
    for entry, label in zip(entries, labels, strict=True):
        if not label or entry.rstrip().endswith("="):
            raise UsageError(f"Expected LABEL or LABEL=PROMPT; got '{entry}'.")
    if prompts and len(prompts) != len(labels):
        raise UsageError("Either every label has a prompt (LABEL=PROMPT) or none has: use two commands.")
    return labels, prompts


COMMAND = Command(
    summary="describe labels in words, in force on the next frame",
    examples=(
        'vfrt prompts cat "cup of coffee"',
        'vfrt prompts "cup=a photo of a cup of coffee, seen from above"',
        "vfrt prompts --replace cat dog",
    ),
    configure=configure,
    run=run,
)
