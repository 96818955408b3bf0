# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One parameter: what it may be, and the check that says in words when it is not.

The settings dataclasses (`vfrt_ros.core.config.settings`) are made of these, and everything that speaks of
parameters is fed from them: the ROS declarations, `VFRT_*` variables, the command line, docs/parameters.md.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import entry_points
from typing import Any

from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.config.yaml_text import yaml_or_text
from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.core.types.utf_8 import is_utf_8
from vfrt_ros.core.types.without_password import without_password

ENVIRONMENT_PREFIX = "VFRT_"
NO_PARAMETERS = frozenset({"VFRT_PANEL_TOKEN"})
"""Variables of commands, which no node reads."""


_ONE_OF, _COMMA = "one of ", ", "


def choices_of(expected: str) -> tuple[str, ...]:
    """The choices in a `Parameter.expected`, all that a parameter's description in ROS has room for; () = any value.

    Args:
        expected: The text of a `Parameter.expected`.

    >>> choices_of(Parameter("fuse", ParameterKind.STRING, "late", "", choices=("calibrated", "late")).expected)
    ('calibrated', 'late')
    >>> choices_of("a text")
    ()
    """
    return tuple(expected.removeprefix(_ONE_OF).split(_COMMA)) if expected.startswith(_ONE_OF) else ()


class ParameterKind(Enum):
    """The types that a ROS parameter of ours can have."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STRING = "string"
    STRINGS = "string list"
    INTS = "integer list"


@dataclass(frozen=True, slots=True)
class Parameter:
    """Name, type, default, range and meaning of one parameter.

    Attributes:
        low, high: Inclusive bounds, None where there is none.
        open_low, open_high: The bound itself is excluded.
        choices: The allowed values of a closed choice; empty = any.
        plugins: Entry-point group whose names are choices too; empty = there are none.
        length: The exact number of entries of a list; 0 = any.
        live: True when a running node takes a new value; else it is read-only after the start.
    """

    name: str
    kind: ParameterKind
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    choices: tuple[str | int, ...] = ()
    plugins: str = ""
    length: int = 0
    live: bool = False

    @property
    def expected(self) -> str:
        """The condition on a value, in words.

        >>> Parameter("alpha", ParameterKind.FLOAT, 0.7, "", low=0.0, high=1.0).expected
        'a number in [0, 1]'
        """
        if self.choices:
            return _ONE_OF + _COMMA.join(str(choice) for choice in self.choices)
        words = {
            ParameterKind.BOOL: "true or false",
            ParameterKind.INT: "a whole number",
            ParameterKind.FLOAT: "a number",
            ParameterKind.STRING: "a text",
            ParameterKind.STRINGS: "a list of texts",
            ParameterKind.INTS: f"a list of {self.length or 'any number of'} whole numbers",
        }[self.kind]
        return f"{words} {self.range}".rstrip()

    @property
    def range(self) -> str:
        """The range in the usual notation, empty where there is none."""
        if self.low is None and self.high is None:
            return ""
        low = "-∞" if self.low is None else f"{self.low:.10g}"
        high = "∞" if self.high is None else f"{self.high:.10g}"
        left = "(" if self.open_low or self.low is None else "["
        right = ")" if self.open_high or self.high is None else "]"
        return f"in {left}{low}, {high}{right}"

    def check(self, value: Any) -> Any:
        """The value in the parameter's own type.

        Whole numbers are taken for numbers, a number for a text (``source: 0``), and a text for a list as
        `read_list` reads it.

        Args:
            value: Of any type, as a file, a message or a program gives it.

        Raises:
            SettingError: It is of another type or out of range.
        """
        try:
            coerced = _coerce(self, value)
        except OverflowError:  # a whole number that no float holds, or the other way round
            coerced = None
        except SettingError as error:
            raise SettingError(f"Parameter '{self.name}' must be {self.expected}: {error}") from error
        if coerced is None or not self._allows(coerced):
            raise SettingError(f"Parameter '{self.name}' must be {self.expected}; got {_show(value)}.")
        return coerced

    def plugin_names(self) -> tuple[str, ...]:
        """The choices that other packages add."""
        return tuple(point.name for point in entry_points(group=self.plugins)) if self.plugins else ()

    def _allows(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices or value in self.plugin_names()
        if self.length and len(value) != self.length:
            return False
        numbers = value if self.kind is ParameterKind.INTS else [value]
        if self.kind in (ParameterKind.INT, ParameterKind.FLOAT, ParameterKind.INTS):
            return all(self._within(number) for number in numbers)
        return True

    def _within(self, number: float) -> bool:
        above = self.low is None or (number > self.low if self.open_low else number >= self.low)
        below = self.high is None or (number < self.high if self.open_high else number <= self.high)
        return math.isfinite(number) and above and below


def _coerce(parameter: Parameter, value: Any) -> Any:
    """`value` in the parameter's type, or None where it cannot be."""
    kind = parameter.kind
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is ParameterKind.BOOL:
        return value if isinstance(value, bool) else None
    if kind is ParameterKind.INT:
        return int(value) if is_number and float(value).is_integer() else None
    if kind is ParameterKind.FLOAT:
        return float(value) if is_number else None
    if value is False and "off" in parameter.choices:  # how YAML reads `off`
        return "off"
    if kind is ParameterKind.STRING:
        return str(value) if is_number or (isinstance(value, str) and is_utf_8(value)) else None
    return _coerce_list(kind, value)


def _coerce_list(kind: ParameterKind, value: Any) -> tuple[Any, ...] | None:
    if isinstance(value, str):
        value = read_list(value if kind is ParameterKind.STRINGS else value.lower().replace("x", ","))
    if value is None:  # how ROS reads `[]`
        return ()
    if isinstance(value, Mapping) or not hasattr(value, "__iter__"):
        return None
    entries = list(value)
    return _texts(entries) if kind is ParameterKind.STRINGS else _whole_numbers(entries)


def _texts(entries: list[Any]) -> tuple[str, ...] | None:
    texts = all(isinstance(entry, str) and is_utf_8(entry) for entry in entries)
    return tuple(entry.strip() for entry in entries if entry.strip()) if texts else None


def _whole_numbers(entries: list[Any]) -> tuple[int, ...] | None:
    try:
        numbers = [float(entry) for entry in entries]
    except (TypeError, ValueError):
        return None
    return tuple(int(number) for number in numbers) if all(map(float.is_integer, numbers)) else None


def _show(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", tuple: "a list", str: "the text", bool: "the truth value"}
    name = names.get(type(value), "")
    text = without_password(repr(value))
    return f"{name} {text if len(text) <= 60 else text[:57] + '…'}".strip()


_KINDS = {
    "bool": ParameterKind.BOOL,
    "int": ParameterKind.INT,
    "float": ParameterKind.FLOAT,
    "str": ParameterKind.STRING,
    "tuple[str, ...]": ParameterKind.STRINGS,
    "tuple[int, int]": ParameterKind.INTS,
}


def parameter(default: Any, description: str, **limits: Any) -> Any:
    """A dataclass field that is a parameter; `limits` are the attributes of `Parameter`.

    Args:
        default: Of the parameter's type.
        description: One sentence for people.
        limits: Attributes of `Parameter`.
    """
    return dataclasses.field(default=default, metadata={"description": description, **limits})


class Settings:
    """Base of the frozen settings dataclasses, whose fields are the table of parameters."""

    def __post_init__(self) -> None:
        for entry in self.parameters().values():
            object.__setattr__(self, entry.name, entry.check(getattr(self, entry.name)))

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The parameters by name, in the order in which they stand in the class."""
        table = {}
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]
            kind = _KINDS[str(field.type)]
            table[field.name] = Parameter(field.name, kind, field.default, **field.metadata)
        return table

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Any:
        """Settings with these values and the defaults for the rest.

        Args:
            values: By the parameters' names.

        Raises:
            SettingError: A name is unknown (the nearest one is named) or a value is wrong.
        """
        check_names(values, cls.parameters())
        return cls(**values)

    def replace(self, **changes: Any) -> Any:
        """A copy with these values changed, checked as at the start.

        Args:
            changes: New values by the parameters' names.
        """
        check_names(changes, self.parameters())
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def check_names(values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse a name that is not known.

    Args:
        values: Whose names are checked.
        known: Whose names there are.

    Raises:
        SettingError: Names the unknown one and the nearest known one.
    """
    for name in values:
        if name not in known:
            raise SettingError(f"Unknown parameter {name!r}.{nearest(name, known)}")


def from_environment(
    environment: Mapping[str, str], known: Mapping[str, Parameter], elsewhere: Mapping[str, Parameter]
) -> dict[str, Any]:
    """The values that `VFRT_<NAME>` variables give to known parameters.

    An empty variable, as compose files pass one that nobody has set, gives none where an empty text is not a value.

    Args:
        environment: For example `os.environ`.
        known: The parameters asked for.
        elsewhere: Parameters of other nodes: their variables are passed over, not errors.

    Raises:
        SettingError: A `VFRT_` variable names no parameter of any node, or its value is not valid.
    """
    values = {}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in NO_PARAMETERS:
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if name in known:
            try:
                values[name] = known[name].check(parse(known[name], text))
            except SettingError:
                if text:
                    raise
        elif name not in elsewhere:
            shown = variable if variable.isprintable() else ascii(variable)
            variables = [ENVIRONMENT_PREFIX + entry.upper() for entry in (*known, *elsewhere)]
            raise SettingError(
                f"Environment variable {shown} names no parameter.{nearest(variable, variables)}"
            )
    return values


def parse(entry: Parameter, text: str) -> Any:
    """Read a value from a text that a person typed, for `Parameter.check`.

    A text is taken as it is, and a list is left to `check`; else it is a number, or what YAML makes of it.

    Args:
        entry: Of the parameter.
        text: As a person typed it.
    """
    if entry.kind in (ParameterKind.STRING, ParameterKind.STRINGS, ParameterKind.INTS):
        return text
    if entry.kind is ParameterKind.FLOAT:
        with contextlib.suppress(ValueError):  # YAML knows no 1e-3
            return float(text)
    return yaml_or_text(text)
