"""`vfrt doctor`: what is installed and running, what is broken, and what to do next."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.command import FAILED, OK, Command, add_json_option
from vfrt_ros.cli.finding import ABSENT, ACTIVE, Finding, Level

MARKS = {Level.OK: "✓", Level.NOTE: "•", Level.BROKEN: "✗"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt doctor`."""
    parser.add_argument(
        "--namespace", metavar="NAME", default="", help="where the nodes are, as given to vfrt live"
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and tell."""
    from vfrt_ros.cli import doctor_machine as machine
    from vfrt_ros.cli.doctor_camera import check_camera
    from vfrt_ros.cli.doctor_encoder import check_encoder

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
    ]
    if findings[1].level is Level.OK:
        findings += _graph(arguments.namespace)
    broken = [finding for finding in findings if finding.level is Level.BROKEN]
    if arguments.json:
        from vfrt_ros.cli.answer import to_json

        print(to_json({"ok": not broken, "findings": [_plain(finding) for finding in findings]}))
    else:
        print("\n".join([*(_line(finding) for finding in findings), "", next_step(findings)]))
    return FAILED if broken else OK


def next_step(findings: list[Finding]) -> str:
    """What to do now."""
    broken = [finding for finding in findings if finding.level is Level.BROKEN]
    if broken:
        return f"{len(broken)} broken. First: {broken[0].name}: {broken[0].todo}."
    for name in ("domain", "frames", "learned", "answers"):
        for finding in findings:
            if finding.name == name and finding.todo:
                return f"Next: {finding.name}: {finding.text}: {finding.todo}."
    if any(finding.text == ACTIVE for finding in findings):
        return "All is well: `vfrt watch` shows what is recognised, `vfrt register LABEL` teaches."
    return "All is well: start with `vfrt live`."


def _graph(namespace: str) -> list[Finding]:
    from vfrt_ros.bringup import CAMERA, NODES, RECOGNITION, full_name
    from vfrt_ros.cli.doctor_answers import check_answers, check_memory_of_node
    from vfrt_ros.cli.doctor_domains import check_other_domains
    from vfrt_ros.cli.doctor_frames import check_frames
    from vfrt_ros.cli.doctor_graph import (
        check_image_topics,
        check_nodes,
        check_shared_services,
        check_source,
    )
    from vfrt_ros.cli.node_client import NodeClient

    addresses = [full_name(namespace, node.name) for node in NODES]
    recognition = full_name(namespace, RECOGNITION.name)
    with NodeClient(addresses[0]) as client:
        findings = check_nodes(client, addresses)
        topics = check_image_topics(client)
        states = {finding.name: finding for finding in findings}
        if states[recognition].text == ACTIVE:
            client.turn_to(recognition)
            unheard, shared = check_source(client), check_shared_services(client)
            topics += [*unheard, *shared]
            if not shared:
                topics += check_memory_of_node(client)
            if not unheard and not shared:
                topics += check_frames(client, recognition, full_name(namespace, CAMERA.name))
                topics += check_answers(client)
    if all(finding.text == ABSENT for finding in findings):
        findings += check_other_domains(addresses)
    return findings + topics


def _plain(finding: Finding) -> dict[str, Any]:
    return {"name": finding.name, "level": finding.level.value, "text": finding.text, "todo": finding.todo}


def _line(finding: Finding) -> str:
    todo = f"\n  {'':<13} → {finding.todo}" if finding.todo else ""
    return f"{MARKS[finding.level]} {finding.name:<13} {finding.text}{todo}"


COMMAND = Command(
    summary="say what is installed and running, what is broken and what to do next",
    examples=("vfrt doctor", "vfrt doctor --json"),
    configure=configure,
    run=run,
)
