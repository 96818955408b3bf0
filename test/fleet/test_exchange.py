# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Robots over a real server: what one is taught all know, whatever happens to stream, disk and clock."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import nats
import pytest
from core.memory.teaching import new_examples
from fixtures.fleet import Robot, Server, agree, running_server
from fixtures.waiting import wait_for

from vfrt_ros.core.memory.clock import from_seconds
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.operation_entry import pack_entry
from vfrt_ros.core.memory.operation_row import row_of
from vfrt_ros.core.memory.payload import SetPrompts
from vfrt_ros.core.memory.payload_bytes import encode
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, OperationFault
from vfrt_ros.core.types.operation import Kind, Operation
from vfrt_ros.fleet.message import HEADER, MESSAGE_ID, Position
from vfrt_ros.fleet.subjects import Sender, Subjects, space_token

pytestmark = pytest.mark.timeout(120)
Make = Callable[..., Robot]
DAY = 24 * 3600.0


def test_what_one_is_taught_all_know_and_hold_alike(robot: Make) -> None:
    one, two, three = (robot(name) for name in ("one", "two", "three"))
    one.teach("cup", 1, count=3)
    two.wait_for(1)
    two.memory.relabel("cup", "mug")
    three.teach("dog", 2)
    agree(one, two, three, operations=3)
    assert one.memory.labels == ("dog", "mug")


def test_undo_takes_back_what_another_robot_did_by_its_name(robot: Make) -> None:
    one, two = robot("one"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    two.teach("dog", 2)
    one.wait_for(2)
    assert "cup" in two.memory.undo("one").what
    agree(one, two, operations=3)
    assert one.memory.labels == ("dog",)
    assert one.memory.log.robot_names()[two.memory.robot] == "two"


def test_who_was_away_catches_up_in_both_directions(robot: Make, server: Server, tmp_path: Path) -> None:
    one, two = robot("one", tmp_path / "one.db"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    one.close()
    two.teach("dog", 2)
    two.memory.undo()
    server.stop()
    with contextlib.closing(Memory(None, tmp_path / "one.db")) as alone:
        alone.register("cat", new_examples(2, 3))
    server.start()
    again = robot("one", tmp_path / "one.db")
    assert again.memory.robot == one.memory.robot
    agree(again, two, operations=4)
    assert again.memory.labels == ("cat", "cup")


def test_a_server_that_is_killed_loses_nothing(robot: Make, server: Server) -> None:
    one, two = robot("one"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    server.stop(kill=True)
    one.teach("dog", 2)
    two.teach("cat", 3)
    wait_for(lambda: one.exchange.status.trouble, "the robot to say that the server is out of reach")
    server.start()
    agree(one, two, operations=3)
    wait_for(lambda: not one.exchange.status.trouble and one.exchange.status.server, "the connection")


def test_a_wiped_stream_is_filled_again_also_for_a_robot_that_is_gone(
    robot: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfrt_ros.fleet.publisher.LOOK_SECONDS", 0.2)
    one, two, gone = robot("one"), robot("two"), robot("gone")
    one.teach("cup", 1)
    gone.teach("dog", 2)
    agree(one, two, gone, operations=2)
    gone.close()
    server.stop(kill=True)
    shutil.rmtree(server.store)
    server.start()
    newcomer = robot("newcomer")
    newcomer.teach("hat", 3)
    agree(one, two, newcomer, operations=3)


def test_a_stream_that_was_put_back_is_harmless(robot: Make, server: Server, tmp_path: Path) -> None:
    one, two = robot("one"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    server.stop()
    shutil.copytree(server.store, tmp_path / "backup")
    server.start()
    two.teach("dog", 2)
    one.wait_for(2)
    server.stop()
    shutil.rmtree(server.store)
    shutil.copytree(tmp_path / "backup", server.store)
    server.start()
    one.teach("cat", 3)
    agree(one, two, robot("three"), operations=3)


def test_a_cloned_disk_goes_on_as_a_new_robot(robot: Make, tmp_path: Path) -> None:
    one = robot("one", tmp_path / "one" / "memory.db")
    one.teach("cup", 1)
    wait_for(lambda: one.exchange.status.waiting == 0 and one.exchange.status.server, "the publication")
    one.close()
    shutil.copytree(tmp_path / "one", tmp_path / "clone")
    again, clone = (
        robot("one", tmp_path / "one" / "memory.db"),
        robot("two", tmp_path / "clone" / "memory.db"),
    )
    again.teach("dog", 2)
    clone.teach("cat", 3)
    agree(again, clone, operations=3)
    assert clone.memory.robot != again.memory.robot == one.memory.robot


@pytest.mark.parametrize("names", [("one", "one"), ("one", "two")], ids=["same name", "other name"])
def test_a_clone_that_nobody_noticed_becomes_a_new_robot_and_keeps_what_it_was_taught(
    robot: Make, names: tuple[str, str]
) -> None:
    first = robot(names[0])
    first.teach("cup", 1)
    wait_for(lambda: first.exchange.status.server, "the connection")
    clone = Memory(first.memory.encoder, robot=first.memory.robot)
    clone.log.adopt(
        [operation for key in first.memory.log.known() if (operation := first.memory.log.operation(key))]
    )
    clone.register("cat", new_examples(1, 3))
    clone.relabel("cat", "lion")
    second = robot(names[1], memory=clone)
    first.teach("dog", 2)
    agree(first, second, operations=4)
    assert first.memory.labels == ("cup", "dog", "lion")
    assert first.memory.robot != second.memory.robot
    assert second.memory.undo().what == "renamed 'cat' to 'lion' (1 example)"


def test_a_backup_that_was_put_back_becomes_a_new_robot(robot: Make, tmp_path: Path) -> None:
    one, two = robot("one", tmp_path / "one.db"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    one.memory.backup(tmp_path / "backup.db")
    one.teach("dog", 2)
    two.wait_for(2)
    one.close()
    for file in tmp_path.glob("one.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "one.db")
    again = robot("one", tmp_path / "one.db")
    again.teach("cat", 3)
    agree(again, two, operations=3)
    assert again.memory.robot != one.memory.robot


def test_clocks_that_jump_a_day_change_nothing(robot: Make) -> None:
    ahead, behind = [DAY], [-DAY]
    one = robot("one", clock=lambda: time.time() + ahead[0])
    two = robot("two", clock=lambda: time.time() + behind[0])
    one.teach("cup", 1)
    two.teach("dog", 2)
    wait_for(lambda: two.exchange.status.refused.get(OperationFault.FUTURE), "the refusal")
    one.wait_for(2)
    assert two.state[1] == 1
    ahead[0] = behind[0] = 0.0
    two.teach("hat", 3)
    agree(one, two, operations=3)


def test_what_waits_for_the_clock_outlives_a_lost_connection(robot: Make, server: Server) -> None:
    ahead, behind = robot("ahead", clock=lambda: time.time() + DAY), [-DAY]
    ahead.teach("cup", 1)
    two = robot("two")
    two.teach("dog", 2)
    agree(ahead, two, operations=2)
    late = robot("late", clock=lambda: time.time() + behind[0])  # it reads both in one batch
    late.wait_for(1)
    server.stop(kill=True)
    wait_for(lambda: not late.exchange.status.server, "the loss")
    server.start()
    wait_for(lambda: late.exchange.status.server, "the connection")
    behind[0] = 0.0
    two.teach("hat", 3)
    agree(ahead, two, late, operations=3)


def test_parts_of_what_waits_for_the_clock_are_read_again(robot: Make, tmp_path: Path) -> None:
    with running_server(tmp_path / "small", max_payload=8192) as small:
        behind = [-DAY]
        ahead = robot("ahead", url=small.url, clock=lambda: time.time() + DAY)
        late = robot("late", url=small.url, clock=lambda: time.time() + behind[0])
        ahead.teach("cup", 1, count=60)
        wait_for(lambda: late.exchange.status.refused.get(OperationFault.FUTURE), "the refusal")
        behind[0] = 0.0
        ahead.teach("dog", 2)
        agree(ahead, late, operations=2)


def test_a_full_disk_stops_the_exchange_and_not_the_others(
    robot: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, full = robot("one"), robot("two"), robot("full")
    full.teach("hat", 1)
    agree(one, two, full, operations=1)
    refuse = full.memory.log.adopt

    def no_room(*args: object, **options: object) -> None:
        raise MemoryStoreError("Cannot write the memory: database or disk is full.")

    monkeypatch.setattr(full.memory.log, "adopt", no_room)
    one.teach("cup", 2)
    two.wait_for(2)
    two.teach("dog", 3)
    agree(one, two, operations=3)
    wait_for(lambda: "disk is full" in full.exchange.status.trouble, "the robot to say why")
    full.teach("cat", 4)
    agree(one, two, operations=4)
    monkeypatch.setattr(full.memory.log, "adopt", refuse)
    agree(one, two, full, operations=4)
    assert not full.exchange.status.trouble


def test_who_is_stopped_while_the_disk_is_full_reads_on_where_it_was(
    robot: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, full = robot("one"), robot("full", tmp_path / "full.db")

    def no_room(*args: object, **options: object) -> None:
        raise MemoryStoreError("Cannot write the memory: database or disk is full.")

    monkeypatch.setattr(full.memory.log, "adopt", no_room)
    one.teach("cup", 1)
    wait_for(lambda: "disk is full" in full.exchange.status.trouble, "the robot to say why")
    full.close()
    agree(one, robot("full", tmp_path / "full.db"), operations=1)


def test_another_space_disturbs_nobody_and_is_told(robot: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfrt_ros.fleet.exchange.LOOK_SECONDS", 0.1)
    one = robot("one")
    other = robot("other", encoder=EncoderIdentity("other", "f" * 16, 64))
    other.teach("cup", 1)
    one.teach("dog", 2)
    wait_for(lambda: one.exchange.status.other_spaces == ("f" * 16,), "the other space")
    assert one.state[1] == other.state[1] == 1


def test_an_operation_larger_than_a_message_comes_in_parts(robot: Make, tmp_path: Path) -> None:
    with running_server(tmp_path / "small", max_payload=8192) as small:
        one, two = robot("one", url=small.url), robot("two", url=small.url)
        one.teach("cup", 1, count=60)
        one.teach("dog", 2)
        agree(one, two, operations=2)
    assert two.memory.table.count("cup") == 60


def test_what_was_imported_from_a_file_comes_along(robot: Make) -> None:
    one, two = robot("one"), robot("two")
    elsewhere = Memory(one.memory.encoder)
    elsewhere.register("cup", new_examples(2, 1))
    elsewhere.register("dog", new_examples(2, 2))
    operations = [op for key in elsewhere.log.known() if (op := elsewhere.log.operation(key))]
    one.memory.log.adopt(operations, origin="desk.vfrt.zip")
    agree(one, two, operations=3)
    one.memory.undo()
    agree(one, two, operations=4)
    assert two.memory.labels == ()


def publish(server: Server, sender: Sender, operation: Operation, position: Position | None = None) -> None:
    """As a robot would that speaks nonsense."""

    async def send() -> None:
        client = await nats.connect(server.url)
        headers = {
            MESSAGE_ID: secrets.token_hex(8),
            HEADER: str(position or Position(operation.number, 0, operation.checksum.hex()[:16])),
        }
        subject = Subjects("test").of(sender)
        await client.jetstream().publish(subject, pack_entry(row_of(operation)), headers=headers)
        await client.close()

    asyncio.run(send())


def made(robot: str, number: int, seconds: float | None = None, label: str = "x") -> Operation:
    clock = from_seconds(time.time() if seconds is None else seconds)
    return Operation.make(robot, number, clock, Kind.PROMPTS, encode(SetPrompts({label: ()})))


def test_nonsense_is_refused_by_name_and_the_rest_goes_on(robot: Make, server: Server) -> None:
    one, two = robot("one"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    space, theirs = space_token(one.memory.encoder), one.memory.robot
    broken = made("mad1", 1)
    broken = Operation("mad1", 1, broken.clock, broken.kind, broken.payload, bytes(32))
    publish(server, Sender(space, "mad", "mad1"), broken)
    publish(server, Sender(space, "mad", theirs), made(theirs, 2))
    publish(server, Sender(space, "mad", "mad1"), made("other", 1))
    publish(server, Sender(space, "mad", "mad1"), made("mad1", 1, time.time() + 3 * DAY))
    publish(server, Sender(space, "mad", "mad1"), made("mad1", 2, label="sane"))
    one.teach("dog", 2)
    agree(one, two, operations=3)
    assert two.memory.labels == ("cup", "dog", "sane")
    for each in (one, two):
        wait_for(lambda each=each: len(each.exchange.status.refused) == 3, "all refusals")
        assert "robot mad" in each.exchange.status.last_refusal
        assert each.exchange.status.refused[OperationFault.OTHER_NUMBER] == 2


def test_messages_that_are_none_harm_nobody(robot: Make, server: Server) -> None:
    one, two = robot("one"), robot("two")
    wait_for(lambda: one.exchange.status.server, "the connection")

    async def send() -> None:
        client = await nats.connect(server.url)
        jetstream = client.jetstream()
        space = space_token(one.memory.encoder)
        for headers in (
            None,
            {HEADER: "1.0 1/1 nonsense"},
            {HEADER: f"1.0 9/4 {'0' * 16}"},
            {HEADER: f"1.0 1/1 {'0' * 16}"},
        ):
            for data in (b"", b"\xc1", b"\x97\x01", b"x" * 1000):
                await jetstream.publish(
                    Subjects("test").of(Sender(space, "mad", "mad1")), data, headers=headers
                )
        await jetstream.publish("vfrt.test.too.short", b"")
        await client.close()

    wait_for(lambda: two.exchange.status.server, "the connection")
    asyncio.run(send())
    one.teach("cup", 1)
    agree(one, two, operations=1)
    wait_for(lambda: two.exchange.status.refused.get(OperationFault.BROKEN) == 16, "all refusals")


def test_the_same_messages_again_and_in_another_order_change_nothing(robot: Make, server: Server) -> None:
    one = robot("one")
    elsewhere = Memory(one.memory.encoder)
    for seed in range(4):
        elsewhere.register("cup", new_examples(1, seed))
    elsewhere.undo()
    sender = Sender(space_token(one.memory.encoder), "two", elsewhere.robot)
    operations = [
        elsewhere.log.operation(key) for key in sorted(elsewhere.log.known(), key=lambda key: -key.number)
    ]
    wait_for(lambda: one.exchange.status.server, "the connection")
    for _ in range(2):
        for operation in operations:
            publish(server, sender, operation)
    one.wait_for(5)
    assert one.state[0] == elsewhere.state_hash()


def test_who_has_no_credentials_comes_not_in_and_hears_why(robot: Make, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    (tmp_path / "wrong").write_text("guess")
    with running_server(tmp_path / "closed", token="s3cret") as closed:
        one, two = (
            robot(name, url=closed.url, credentials=str(tmp_path / "token")) for name in ("one", "two")
        )
        stranger = robot("stranger", url=closed.url, credentials=str(tmp_path / "wrong"))
        stranger.teach("hat", 3)
        one.teach("cup", 1)
        agree(one, two, operations=1)
        wait_for(lambda: "uthorization" in stranger.exchange.status.trouble, "the reason")


def test_where_tls_was_asked_for_nothing_goes_in_the_clear(robot: Make, server: Server) -> None:
    one = robot("one", url=server.url.replace("nats://", "tls://"))
    wait_for(lambda: "offers no TLS" in one.exchange.status.trouble, "the reason")


def test_over_tls(robot: Make, tmp_path: Path) -> None:
    authority = own_certificate(tmp_path)
    text = f"tls {{ cert_file: '{tmp_path / 'cert.pem'}', key_file: '{tmp_path / 'key.pem'}' }}\n"
    (tmp_path / "credentials").write_text(f"ca: {authority.name}\n")
    with running_server(tmp_path / "closed", text=text) as closed:
        url, file = closed.url.replace("nats://", "tls://"), str(tmp_path / "credentials")
        one, two = (robot(name, url=url, credentials=file) for name in ("one", "two"))
        one.teach("cup", 1)
        agree(one, two, operations=1)


def own_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that stands for itself, and its key, in `cert.pem` and `key.pem`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "robots")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem"


def test_a_robot_may_publish_under_its_own_name_only(robot: Make, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config" / "fleet" / "permissions.conf").read_text()
    text = text.replace("vfrt_default", "vfrt_test").replace("vfrt.default", "vfrt.test")
    with running_server(tmp_path / "closed", text=text) as closed:
        for name in ("desk", "door"):
            (tmp_path / name).write_text(f"user: {name}\npassword: change-{name}\n")
        desk, door = (
            robot(name, url=closed.url, credentials=str(tmp_path / name)) for name in ("desk", "door")
        )
        desk.teach("cup", 1)
        door.wait_for(1)
        door.teach("dog", 2)
        agree(desk, door, operations=2)
        impostor = robot("door", url=closed.url, credentials=str(tmp_path / "desk"))
        impostor.teach("hat", 3)
        wait_for(lambda: "forbids" in impostor.exchange.status.trouble, "the refusal")
        agree(desk, door, operations=2)


def test_a_wiped_stream_costs_nobody_anything_that_was_copied_before(
    robot: Make, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfrt_ros.fleet.publisher.LOOK_SECONDS", 0.2)
    one, two = robot("one", tmp_path / "one" / "memory.db"), robot("two")
    one.teach("cup", 1)
    two.wait_for(1)
    one.close()
    shutil.copytree(tmp_path / "one", tmp_path / "clone")
    one = robot("one", tmp_path / "one" / "memory.db")
    one.teach("dog", 2)
    two.wait_for(2)
    one.exchange.stop()
    server.stop(kill=True)
    shutil.rmtree(server.store)
    server.start()
    clone = robot("clone", tmp_path / "clone" / "memory.db")
    clone.teach("hat", 3)
    two.wait_for(3)
    one.close()
    again = robot("one", tmp_path / "one" / "memory.db")
    again.teach("cat", 4)
    agree(again, two, clone, robot("newcomer"), operations=4)
    assert again.memory.robot == one.memory.robot
