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
from vfrt_ros.cli.doctor.finding import ABSENT, ACTIVE, Finding, Level

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

    findings = [
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
    if findings[1].level is Level.OK:
        findings += _graph(address, where)
    broken = [finding for finding in findings if finding.level is Level.BROKEN]
    if arguments.json:
        from vfrt_ros.cli.answer import to_json

        told = [_plain(finding) for finding in findings]
        print(to_json({"ok": not broken, "findings": told, "next": next_step(findings, where=where)}))
    else:
        last = next_step(findings, where=where, is_told=True)
        print("\n".join([*(_line(finding) for finding in findings), "", last]))
    return FAILED if broken else OK


def next_step(findings: list[Finding], *, where: str = "", is_told: bool = False) -> str:
    """What to do now.

    Args:
        where: The options that name the node, with a blank before them.
        is_told: What was found stands above already and is not said again.
    """
    broken = [finding for finding in findings if finding.level is Level.BROKEN]
    if broken:
        return f"{len(broken)} broken. First: {broken[0].name}: {broken[0].todo}."
    for name in ("domain", "frames", "learned", "answers"):
        for finding in findings:
            if finding.name == name and finding.todo:
                text = "" if is_told else f"{finding.text}: "
                return f"Next: {finding.name}: {text}{finding.todo}."
    if any(finding.text == ACTIVE for finding in findings):
        taught = f"`vfrt register LABEL{where}` teaches"
        return f"All is well: `vfrt watch{where}` shows what is recognised, {taught}."
    return "All is well: start with `vfrt live`."


def _graph(address: str, where: str) -> list[Finding]:
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
        findings = check_nodes(client, addresses)
        topics = check_image_topics(client)
        states = {finding.name: finding for finding in findings}
        if states[address].text == ACTIVE:
            client.turn_to(address)
            if cameras := _cameras(client):
                findings = [*check_named_cameras(client, namespace, cameras), states[address]]
                client.turn_to(address)
            unheard, shared = check_source(client), check_shared_services(client)
            topics += [*unheard, *shared]
            if not shared:
                topics += check_memory_of_node(client, where)
            if not unheard and not shared:
                senders = [full_name(f"{namespace}/{camera}", CAMERA.name) for camera in cameras]
                topics += check_frames(client, address, senders or addresses[:1])
                topics += check_answers(client, where, cameras)
    if all(finding.text == ABSENT for finding in findings):
        findings += check_other_domains(addresses)
    return findings + topics


def _cameras(client: Any) -> list[str]:
    """The names of the node's cameras; none where it has one without a name, or does not tell."""
    from vfrt_ros.client.errors import ClientError

    try:
        return list(client.cameras())
    except ClientError:
        return []


def _plain(finding: Finding) -> dict[str, Any]:
    return {"name": finding.name, "level": finding.level.value, "text": finding.text, "todo": finding.todo}


def _line(finding: Finding) -> str:
    todo = f"\n  {'':<13} → {finding.todo}" if finding.todo else ""
    return f"{MARKS[finding.level]} {finding.name:<13} {finding.text}{todo}"


COMMAND = Command(
    summary="say what is installed and running, what is broken and what to do next",
    examples=("vfrt doctor", "vfrt doctor --namespace robot1", "vfrt doctor --json"),
    configure=configure,
    run=run,
)
