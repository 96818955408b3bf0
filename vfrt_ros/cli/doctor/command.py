# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt doctor`: what is installed and running, what is broken, and what to do next."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.command import (
    FAILED,
    OK,
    Command,
    add_json_option,
    add_node_options,
    node_address,
    node_flags,
)
from vfrt_ros.cli.doctor.check_result import CheckResult, Level, NodeFound

MARKS = {Level.OK: "✓", Level.NOTE: "•", Level.BROKEN: "✗"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt doctor`."""
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and tell."""
    address, where = node_address(arguments), node_flags(arguments)
    from vfrt_ros.cli.doctor import machine as machine
    from vfrt_ros.cli.doctor.camera import check_camera
    from vfrt_ros.cli.doctor.encoder import check_encoder

    results = [
        machine.check_python(),
        machine.check_ros(),
        machine.check_packages(),
        machine.check_torch(),
        machine.check_messages(),
        machine.check_variables(),
        check_encoder(),
        check_camera(),
        machine.check_memory(),
        machine.check_launch(),
        *machine.check_sockets(),
    ]
    if results[1].level is Level.OK:
        results += _graph(address, where)
    broken = [result for result in results if result.level is Level.BROKEN]
    if arguments.json:
        from vfrt_ros.cli.answer import to_json

        told = [_plain(result) for result in results]
        print(to_json({"ok": not broken, "findings": told, "next": next_step(results, where=where)}))
    else:
        last = next_step(results, where=where, is_told=True)
        print("\n".join([*(_line(result) for result in results), "", last]))
    return FAILED if broken else OK


def next_step(results: list[CheckResult], *, where: str = "", is_told: bool = False) -> str:
    """The next thing to do.

    Args:
        where: The options that name the node, with a blank before them.
        is_told: What was found stands above already and is not said again.
    """
    broken = [result for result in results if result.level is Level.BROKEN]
    if broken:
        return f"{len(broken)} broken. First: {broken[0].name}: {broken[0].todo}."
    for name in ("domain", "frames", "learned", "answers"):
        for result in results:
            if result.name == name and result.todo:
                text = "" if is_told else f"{result.text}: "
                return f"Next: {result.name}: {text}{result.todo}."
    if any(result.node is NodeFound.ACTIVE for result in results):
        taught = f"`vfrt register LABEL{where}` teaches"
        return f"All is well: `vfrt watch{where}` shows what is recognised, {taught}."
    return "All is well: start with `vfrt live`."


def _graph(address: str, where: str) -> list[CheckResult]:
    from vfrt_ros.bringup import full_name
    from vfrt_ros.cli.doctor.answers import check_answers, check_memory_of_node
    from vfrt_ros.cli.doctor.domains import check_other_domains
    from vfrt_ros.cli.doctor.frames import check_frames
    from vfrt_ros.cli.doctor.graph import (
        check_image_topics,
        check_named_cameras,
        check_nodes,
        check_shared_services,
        check_source,
    )
    from vfrt_ros.client.node_client import NodeClient
    from vfrt_ros.launch_arguments import CAMERA

    namespace = address.rpartition("/")[0]
    addresses = [full_name(namespace, CAMERA.name), address]
    with NodeClient(addresses[0]) as client:
        results = check_nodes(client, addresses)
        topics = check_image_topics(client)
        states = {result.name: result for result in results}
        if states[address].node is NodeFound.ACTIVE:
            client.turn_to(address)
            if cameras := _cameras(client):
                results = [*check_named_cameras(client, namespace, cameras), states[address]]
                client.turn_to(address)
            unheard, shared = check_source(client), check_shared_services(client)
            topics += [*unheard, *shared]
            if not shared:
                topics += check_memory_of_node(client, where)
            if not unheard and not shared:
                senders = [full_name(f"{namespace}/{camera}", CAMERA.name) for camera in cameras]
                topics += check_frames(client, address, senders or addresses[:1])
                topics += check_answers(client, where, cameras)
    if all(result.node is NodeFound.ABSENT for result in results):
        results += check_other_domains(addresses)
    return results + topics


def _cameras(client: Any) -> list[str]:
    """The names of the node's cameras; none where it has one without a name, or does not tell."""
    from vfrt_ros.client.errors import ClientError

    try:
        return list(client.cameras())
    except ClientError:
        return []


def _plain(result: CheckResult) -> dict[str, Any]:
    return {"name": result.name, "level": result.level.value, "text": result.text, "todo": result.todo}


def _line(result: CheckResult) -> str:
    todo = f"\n  {'':<13} → {result.todo}" if result.todo else ""
    return f"{MARKS[result.level]} {result.name:<13} {result.text}{todo}"


COMMAND = Command(
    summary="say what is installed and running, what is broken and what to do next",
    examples=("vfrt doctor", "vfrt doctor --namespace robot1", "vfrt doctor --json"),
    configure=configure,
    run=run,
)
