# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Facts that packaging has to write twice, held against each other."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import vfrt_ros
from tools.headers import HEADER

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ["torch", "core", "nodeps", "dev", "wheels"]
INTERFACES = sorted(
    p.relative_to(ROOT) for p in (ROOT / "vfrt_msgs").glob("*/*.*") if p.suffix in (".msg", ".srv")
)

# Distributions whose rosdep key is not python3-<name>.
ROSDEP_KEYS = {
    "faiss-cpu": "python3-faiss",
    "huggingface-hub": "python3-huggingface-hub-pip",
    "opencv-python": "python3-opencv",
    "pillow": "python3-pil",
    "pyyaml": "python3-yaml",
    "rosbags": "python3-rosbags-pip",
    "scikit-image": "python3-skimage",
    "scikit-learn": "python3-sklearn",
    "transformers": "python3-transformers-pip",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(*names: str) -> dict[str, str]:
    lines = [
        line for name in names for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    ]
    return {normal(n): v for n, _, v in (line.partition("==") for line in lines if line and line[0] != "#")}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def third_party_imports(folder: Path) -> dict[str, Path]:
    """Top-level module -> a file that imports it, without the standard library and ourselves."""
    found = {}
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            found.update({name.partition(".")[0]: file.relative_to(ROOT) for name in names})
    return {m: f for m, f in found.items() if m not in sys.stdlib_module_names and m != "vfrt_ros"}


def manifest(path: str) -> ElementTree.Element:
    return ElementTree.parse(ROOT / path).getroot()


def declared_in_manifest() -> set[str]:
    return {e.text for e in manifest("package.xml") if e.tag.endswith("depend")}


def without_rosdep_key() -> set[str]:
    comment = re.search(r"No rosdep key: ([^.]+)\.", (ROOT / "package.xml").read_text()).group(1)
    return {normal(name) for name in re.split(r",\s+", comment)}


def test_versions_are_equal():
    setup = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    versions = {
        "vfrt_ros": vfrt_ros.__version__,
        "package.xml": manifest("package.xml").findtext("version"),
        "vfrt_msgs/package.xml": manifest("vfrt_msgs/package.xml").findtext("version"),
        "setup.py": setup.stdout.split()[-1],
    }
    assert len(set(versions.values())) == 1, versions


def test_every_import_is_declared_in_the_manifest_and_pinned():
    ros = {e for e in declared_in_manifest() if not e.startswith("python3-")}
    pinned = pins(*REQUIREMENTS)
    distributions = packages_distributions()
    missing = []
    for module, file in third_party_imports(ROOT / "vfrt_ros").items():
        if module in ros:
            continue
        names = {normal(d) for d in distributions.get(module, [module])}
        keys = {ROSDEP_KEYS.get(n, f"python3-{n}") for n in names}
        if not names & pinned.keys():
            missing.append(f"{file} imports {module}: none of {sorted(names)} is pinned in requirements/")
        if not keys & declared_in_manifest() and not names & without_rosdep_key():
            missing.append(f"{file} imports {module}: none of {sorted(keys)} is in package.xml")
    assert not missing, "\n".join(missing)


def test_every_pinned_run_dependency_is_in_the_manifest():
    for name in pins("torch", "core", "nodeps"):
        key = ROSDEP_KEYS.get(name, f"python3-{name}")
        assert (key in declared_in_manifest()) != (name in without_rosdep_key()), name


@pytest.mark.parametrize("name", [*REQUIREMENTS, "constraints"])
def test_every_requirement_has_an_exact_version(name):
    versions = pins(name)
    assert versions
    loose = {n: v for n, v in versions.items() if not re.fullmatch(r"[\w.]+", v)}
    assert not loose


def test_direct_pins_are_the_constraints():
    constraints = pins("constraints")
    different = {
        n: (v, constraints.get(n)) for n, v in pins(*REQUIREMENTS).items() if constraints.get(n) != v
    }
    assert not different, "run tools/freeze.sh"


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Distribution -> version and hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text().strip())
    return {
        normal(entry.split("==")[0]): (entry.split("==")[1].split()[0], re.findall(r"--hash=(\S+)", entry))
        for entry in entries
    }


@pytest.mark.parametrize("name", ["lock.txt", "lock-cuda.txt"])
def test_every_locked_file_has_a_hash(name):
    for distribution, (_, hashes) in locked(name).items():
        assert hashes, distribution
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), distribution


def test_the_lock_is_of_the_constraints():
    assert {name: version for name, (version, _) in locked("lock.txt").items()} == pins("constraints"), (
        "run tools/lock.sh"
    )


def test_set_up_installs_by_hash_only():
    lines = [
        line for line in (ROOT / "tools/setup.sh").read_text().splitlines() if "pip_install install" in line
    ]
    assert len(lines) == 2
    assert all("--require-hashes" in line and "--no-deps" in line for line in lines), lines


@pytest.mark.parametrize("path", INTERFACES, ids=str)
def test_every_interface_field_has_a_comment(path):
    lines = (ROOT / path).read_text().removeprefix(HEADER).splitlines()
    assert lines[0].startswith("# "), "the first line says what the interface is for"
    for above, line in zip(["", *lines], lines, strict=False):
        if line.strip() and not line.lstrip().startswith("#") and line != "---":
            assert "#" in line or above.startswith("#"), line


def test_a_code_has_one_number_in_all_services():
    codes = [
        re.findall(r"^uint8 ([A-Z_]+) = (\d+)", (ROOT / p).read_text(), re.M)
        for p in INTERFACES
        if p.suffix == ".srv"
    ]
    assert all(("OK", "0") in service for service in codes)
    pairs = {pair for service in codes for pair in service}
    assert len({name for name, _ in pairs}) == len({number for _, number in pairs}) == len(pairs), sorted(
        pairs
    )


def test_the_build_lists_every_interface():
    listed = re.findall(r"^  ((?:msg|srv)/\S+)$", (ROOT / "vfrt_msgs/CMakeLists.txt").read_text(), re.M)
    assert sorted(listed) == sorted(str(p.relative_to("vfrt_msgs")) for p in INTERFACES)


def test_every_entry_point_exists():
    listed = re.findall(r'"\w+ = ([\w.]+):(\w+)"', (ROOT / "setup.py").read_text())
    assert len(listed) == 3
    for module, function in listed:
        source = (ROOT / module.replace(".", "/")).with_suffix(".py")
        functions = [n.name for n in ast.parse(source.read_text()).body if isinstance(n, ast.FunctionDef)]
        assert function in functions, f"{source} has no {function}()"


# Spelled in parts, so that this file does not match itself.
TRACES = re.compile(
    "|".join(
        [
            "/ro" + "ot/",
            "/wo" + "rk/",
            "/tm" + "p/clone",
            "files.python" + "hosted",
            "py" + r"pi\.org",
        ]
    )
)


def test_tracked_files_name_no_machine_and_no_registry():
    found = []
    for file in tracked_files():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{file.relative_to(ROOT)}: {match}" for match in TRACES.findall(text)]
    assert not found, "\n".join(found)


def test_each_library_stands_in_the_page_of_libraries():
    page = (ROOT / "docs" / "notes" / "libraries.md").read_text()
    rows = re.findall(r"^\| `([\w.-]+)` \|[^|]+\| \d+ \|[^|]+\|[^|]+\|$", page, re.MULTILINE)
    imported = set(third_party_imports(ROOT / "vfrt_ros"))
    used = {normal(name) for module in imported for name in packages_distributions().get(module, ())}
    run_time = set(pins("core", "nodeps", "torch")) | (used & set(pins("wheels")))
    ros = {name for name in run_time if name.startswith("ros-")}
    assert {normal(name) for name in rows} == run_time - ros
    assert len(rows) == len(set(rows))
