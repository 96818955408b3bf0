# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How a robot reaches its fleet: from the parameters to what the client takes."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from vfrt_ros.core.config.own_path import own_path
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.robot_names import is_name
from vfrt_ros.core.types.errors import SettingError, VfrtError, words_of
from vfrt_ros.core.types.without_password import without_password

SCHEMES = ("nats", "tls", "ws", "wss")
ENCRYPTED = ("tls", "wss")
_KEYS = ("token", "user", "password", "ca", "cert", "key")
_SEED = re.compile(r"SU[A-Z2-7]{56}")


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Which fleet, as whom.

    Attributes:
        urls: Of its servers.
        fleet: Its name.
        robot_name: The name of this robot, for people and for the server's permissions.
        options: What else the client is told, secrets among it.
    """

    urls: tuple[str, ...]
    fleet: str
    robot_name: str
    options: dict[str, Any]

    @classmethod
    def of(cls, settings: RecognitionSettings) -> FleetSettings:
        """From a node's parameters.

        Raises:
            SettingError: One of them cannot be used; the text says which and why.
        """
        return fleet_settings(
            settings.fleet_url, settings.fleet_name, settings.fleet_credentials, settings.robot_name
        )

    @property
    def shown(self) -> str:
        """The URLs as they may stand in a log."""
        return ", ".join(without_password(url) for url in self.urls)

    @property
    def in_the_clear(self) -> str:
        """The first URL by which this would go unencrypted to another host, as it may stand in a log; empty = none."""
        if "tls" in self.options:
            return ""
        open_urls = [url for url in self.urls if not (is_encrypted(url) or is_loopback(url))]
        return without_password(open_urls[0]) if open_urls else ""


def fleet_settings(url: str, fleet: str, credentials: str, robot_name: str) -> FleetSettings:
    """As `FleetSettings.of`, from the values of the four parameters."""
    urls = tuple(_checked_url(each.strip()) for each in url.split(",") if each.strip())
    if not urls:
        raise SettingError("Parameter 'fleet_url' must name a server, for example nats://127.0.0.1:4222.")
    for name, value in (("fleet_name", fleet), ("robot_name", robot_name)):
        if not is_name(value) and (name == "fleet_name" or value):
            raise SettingError(
                f"Parameter '{name}' must be 1 to 64 letters, digits, '-' and '_'; got '{value:.80}'."
            )
    options = _options(credentials)
    if any(is_encrypted(each) for each in urls):
        options.setdefault("tls", ssl.create_default_context())
    return FleetSettings(urls, fleet, robot_name or host_name(), options)


def host_name() -> str:
    """The name of this machine, as a robot may be called."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0])[:64]
    return name or "robot"


def is_encrypted(url: str) -> bool:
    """Whether a URL demands TLS."""
    return urlsplit(url).scheme in ENCRYPTED


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_url(url: str) -> str:
    """A server's URL; `host:port` is taken for `nats://host:port`.

    Raises:
        SettingError: The text is not a URL of a NATS server.
    """
    full = url if "://" in url else f"nats://{url}"
    try:
        parts = urlsplit(full)
        good = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 4222) > 0
    except ValueError:
        good = False
    if not good:
        raise SettingError(
            "Parameter 'fleet_url' must be URLs like nats://host:4222, several by comma; got "
            f"'{without_password(url):.80}'."
        )
    return full


def _options(credentials: str) -> dict[str, Any]:
    """Options by a file of credentials: NATS's `.creds`, the seed of an nkey, a token, or names and values in YAML.

    Raises:
        SettingError: It cannot be read, or says something else.
    """
    if not credentials:
        return {}
    try:
        path = own_path(credentials, "fleet_credentials")
        text = path.read_text(encoding="utf-8").strip()
    except (VfrtError, OSError, ValueError) as error:
        raise SettingError(
            f"Parameter 'fleet_credentials': the file cannot be read: {words_of(error)}."
        ) from error
    if "BEGIN NATS USER JWT" in text:
        return {"user_credentials": str(path)}
    if _SEED.fullmatch(text):
        return {"nkeys_seed_str": text}
    if text.isprintable() and len(text.split()) == 1 and not text.endswith(":"):
        return {"token": text}
    return _options_of_yaml(text, path)


def _options_of_yaml(text: str, path: Path) -> dict[str, Any]:
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError:
        given = None
    if not isinstance(given, dict) or not given or not set(given) <= set(_KEYS):
        raise SettingError(
            f"Parameter 'fleet_credentials': {path} must be a .creds file, the seed of an nkey, a token, or lines "
            f"'name: value' of {', '.join(_KEYS)}."
        )
    options: dict[str, Any] = {
        name: str(given[name]) for name in ("token", "user", "password") if name in given
    }
    if {"ca", "cert", "key"} & set(given):
        options["tls"] = _tls(given, path)
    return options


def _tls(given: dict[str, Any], path: Path) -> ssl.SSLContext:
    """With the authority, certificate and key that the file names, each beside it or by its full path."""
    places = {name: str(path.parent / str(given[name])) for name in ("ca", "cert", "key") if name in given}
    try:
        context = ssl.create_default_context(cafile=places.get("ca"))
        if "cert" in places:
            context.load_cert_chain(places["cert"], places.get("key"))
    except (OSError, ValueError) as error:
        absent = next((place for place in places.values() if not Path(place).exists()), "")
        why = f"there is no {absent}" if absent else words_of(error)
        raise SettingError(
            f"Parameter 'fleet_credentials': {path} names what is no use for TLS: {why}."
        ) from error
    return context
