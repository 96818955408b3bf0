# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From the parameters to what the client is told."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.fleet.settings import fleet_settings

SEED = "SU" + "A" * 56

GIVEN = {
    "creds": ("-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------", {"user_credentials": None}),
    "nkey": (f"{SEED}\n", {"nkeys_seed_str": SEED}),
    "token": ("s3cret\n", {"token": "s3cret"}),
    "user": ("user: desk\npassword: 1234\n", {"user": "desk", "password": "1234"}),
}


@pytest.mark.parametrize(("text", "options"), GIVEN.values(), ids=GIVEN)
def test_credentials_are_read_as_nats_has_them(tmp_path: Path, text: str, options: dict) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)
    wanted = {name: str(file) if value is None else value for name, value in options.items()}
    assert fleet_settings("nats://a", "f", str(file), "desk").options == wanted


def test_an_authority_for_tls_is_read(tmp_path: Path) -> None:
    authorities = ssl.get_default_verify_paths().cafile
    if authorities is None or not Path(authorities).is_file():
        pytest.skip("this machine has no file of authorities")
    (tmp_path / "ca.pem").write_text(Path(authorities).read_text())
    file = tmp_path / "credentials"
    file.write_text("token: x\nca: ca.pem\n")
    options = fleet_settings("nats://robots.example", "f", str(file), "").options
    assert isinstance(options["tls"], ssl.SSLContext) and options["token"] == "x"


IN_THE_CLEAR = {
    "nats://10.0.0.7:4222": "nats://10.0.0.7:4222",
    "nats://me:secret@robots.example": "nats://***@robots.example",
    "robots.example:4222": "nats://robots.example:4222",
    "tls://robots.example": "",
    "nats://127.0.0.1": "",
    "nats://localhost:4222": "",
    "nats://[::1]:4222": "",
    "tls://a,nats://b": "",
}


@pytest.mark.parametrize(("url", "shown"), IN_THE_CLEAR.items())
def test_what_goes_unencrypted_to_another_host_is_known(url: str, shown: str) -> None:
    assert fleet_settings(url, "f", "", "desk").in_the_clear == shown


WRONG = {
    "no server": (" , ", "f", "", "fleet_url"),
    "no URL": ("http://a", "f", "", "fleet_url"),
    "no port": ("nats://a:x", "f", "", "fleet_url"),
    "no fleet": ("nats://a", "", "", "fleet_name"),
    "a fleet with a dot": ("nats://a", "a.b", "", "fleet_name"),
    "no such file": ("nats://a", "f", "/nowhere/at/all", "fleet_credentials"),
}


@pytest.mark.parametrize(("url", "fleet", "file", "name"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_named(url: str, fleet: str, file: str, name: str) -> None:
    with pytest.raises(SettingError, match=name):
        fleet_settings(url, fleet, file, "desk")


@pytest.mark.parametrize("text", ["", "two words", "user: a\nthing: b", "[1, 2]", "ca: nowhere.pem", "\x00"])
def test_a_file_that_is_no_credentials_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)
    with pytest.raises(SettingError, match="fleet_credentials") as caught:
        fleet_settings("nats://a", "f", str(file), "desk")
    assert not text.strip() or text not in str(caught.value)


def test_a_file_for_tls_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("ca: nowhere.pem")
    with pytest.raises(SettingError, match=rf"TLS: there is no {tmp_path / 'nowhere.pem'}\.$"):
        fleet_settings("tls://a", "f", str(file), "desk")


def test_a_robot_without_a_name_has_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "robot 7.lab.example")
    assert fleet_settings("nats://a", "f", "", "").robot_name == "robot-7"
