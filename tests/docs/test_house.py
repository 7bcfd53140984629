"""The house keeps its own rules: who imports whom, what a room says of itself, and that its stubs are its protos'."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

import quitrent
from tests.docs.imports import (
    ROOMS,
    floats,
    sources,
    wrong_in_plugin,
    wrong_in_room,
    wrong_libraries,
)

ROOT = Path(__file__).parents[2]
HOUSE = sources(ROOT / "src" / "quitrent")
PLUGINS = {folder.name: folder for folder in (ROOT / "plugins").iterdir() if (folder / "pyproject.toml").exists()}
LONGEST = 350

# Numbers with a point that are no amounts: seconds to wait.
SECONDS = {
    ("rpc/gate.py", "LULL_SECONDS"),
    ("services/biller.py", "RETRY_SECONDS"),
    ("services/gathered.py", "PATIENCE_SECONDS"),
    ("services/runs.py", "LONGEST_WAIT_SECONDS"),
    ("services/runs.py", "SHORTEST_WAIT_SECONDS"),
    ("store/sqlite.py", "RETRY_SECONDS"),
}


def room_files() -> list[str]:
    return [file for file in HOUSE if "/" in file]


def test_every_folder_of_the_house_is_a_room_of_the_table() -> None:
    assert {file.partition("/")[0] for file in room_files()} == set(ROOMS)


def test_a_room_imports_what_the_table_allows_it() -> None:
    assert [wrong for file in room_files() for wrong in wrong_in_room(file, HOUSE[file])] == []


def test_a_library_is_imported_where_it_belongs() -> None:
    assert [wrong for file, source in HOUSE.items() for wrong in wrong_libraries(file, source)] == []


@pytest.mark.parametrize("plugin", sorted(PLUGINS))
def test_a_plugin_imports_what_quitrent_offers_and_no_more(plugin: str) -> None:
    own = f"quitrent_{plugin.replace('-', '_')}"
    files = sources(PLUGINS[plugin] / "src")
    assert files
    offered = frozenset(quitrent.__all__)
    assert [wrong for file, source in files.items() for wrong in wrong_in_plugin(file, source, own, offered)] == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("domain/fee.py", "import grpc"),
        ("domain/fee.py", "from quitrent.store.charges import fee_records"),
        ("domain/fee.py", "from quitrent import store"),
        ("domain/fee.py", "import quitrent.services.billing"),
        ("domain/fee.py", "from .. import store"),
        ("domain/fee.py", "def late():\n    import peewee"),
        ("domain/fee.py", "from importlib import import_module\nimport_module('peewee')"),
        ("hooks/manager.py", "from quitrent.services.pricing import price_retail"),
        ("hooks/manager.py", "from quitrent.store.plans import find_plan"),
        ("store/plans.py", "from quitrent.services.plans import get_plan"),
        ("store/plans.py", "from quitrent.hooks.manager import Plugins"),
        ("services/plans.py", "import grpc"),
        ("services/plans.py", "import peewee"),
        ("services/plans.py", "from quitrent.v1 import plan_pb2"),
        ("services/plans.py", "from quitrent.rpc.values import money"),
        ("rpc/values.py", "import peewee"),
        ("rpc/values.py", "from quitrent.hooks.manager import Plugins"),
        ("rpc/values.py", "from quitrent.store.database import Store"),
        ("rpc/gate.py", "from quitrent.store.database import open_store"),
        ("rpc/gate.py", "from quitrent.store import plans"),
    ],
)
def test_a_planted_import_is_found_in_a_room(file: str, line: str) -> None:
    assert wrong_in_room(file, HOUSE[file]) == []
    assert len(wrong_in_room(file, f"{HOUSE[file]}\n{line}\n")) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("cli.py", "def late():\n    import peewee"),
        ("report.py", "from grpc import StatusCode"),
        ("settings.py", "import pluggy"),
        ("demo.py", "from playhouse.migrations import Runner"),
        ("cli.py", "from quitrent.v1 import plan_pb2"),
    ],
)
def test_a_planted_import_of_a_library_is_found(file: str, line: str) -> None:
    assert len(wrong_libraries(file, f"{HOUSE[file]}\n{line}\n")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "from quitrent.domain.money import Money",
        "from quitrent import domain",
        "import quitrent.store",
        "import quitrent",
        "import peewee",
    ],
)
def test_a_planted_import_is_found_in_a_plugin(line: str) -> None:
    assert len(wrong_in_plugin("plugin.py", line, "quitrent_markup", frozenset(quitrent.__all__))) == 1


def test_what_a_room_may_import_is_not_found() -> None:
    source = "from datetime import date\nfrom quitrent.domain import money\nimport quitrent.store.plans\nimport os.path"
    assert wrong_in_room("services/plans.py", source) == []
    offered = frozenset({"Line"})
    assert (
        wrong_in_plugin("plugin.py", "from quitrent import Line\nimport quitrent_markup.x", "quitrent_markup", offered)
        == []
    )


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_what_it_owns_what_it_does_not_and_what_it_keeps_true(room: str) -> None:
    told = import_module(f"quitrent.{room}").__doc__
    assert told is not None
    parts = ["\n\nOwns: ", "\n\nDoes not own: ", "\n\nKeeps true:\n\n- "]
    places = [told.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("folder", ["src/quitrent", *(f"plugins/{plugin}/src" for plugin in sorted(PLUGINS))])
def test_no_file_is_longer_than_a_person_reads(folder: str) -> None:
    lengths = {file: len(source.splitlines()) for file, source in sources(ROOT / folder).items()}
    assert {file: length for file, length in lengths.items() if length > LONGEST} == {}


def test_no_room_knows_floats_but_as_seconds() -> None:
    found = {(file, name): line for file in room_files() for line, name in floats(HOUSE[file])}
    assert found.keys() == SECONDS, found


@pytest.mark.parametrize(
    "source",
    [
        "def fee(amount: float) -> int: ...",
        "x = float(y)",
        "x: list[float] = []",
        "x = 0.5 * y",
        "isinstance(x, float)",
    ],
)
def test_a_planted_float_is_found(source: str) -> None:
    assert len(floats(source)) == 1


# Protos and stubs.


def buf(*arguments: str) -> str:
    ran = subprocess.run(
        [Path(sys.executable).with_name("buf"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ran.stdout + ran.stderr + (f"buf ended with {ran.returncode}" if ran.returncode else "")


@pytest.mark.parametrize("arguments", [("lint",), ("format", "--diff", "--exit-code")], ids=" ".join)
def test_the_protos_are_commented_and_in_form(arguments: tuple[str, ...]) -> None:
    assert buf(*arguments) == ""


def test_every_proto_has_its_stubs_and_they_say_the_same(tmp_path: Path) -> None:
    names = [
        path.relative_to(ROOT / "protos").as_posix()
        for folder in ("quitrent", "buf")
        for path in sorted((ROOT / "protos" / folder).rglob("*.proto"))
    ]
    # Before the image is parsed, so that the rules in it are known and not kept as unread bytes.
    made = {name: import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2").DESCRIPTOR for name in names}
    image = tmp_path / "protos.binpb"
    assert buf("build", "protos", "--as-file-descriptor-set", "--exclude-source-info", "-o", str(image)) == ""
    compiled = {file.name: file for file in FileDescriptorSet.FromString(image.read_bytes()).file}
    assert "quitrent/v1/billing_service.proto" in names
    for name in names:
        assert without_json_names(compiled[name]) == FileDescriptorProto.FromString(made[name].serialized_pb), (
            f"{name} was edited since the stubs were made; `uv run` makes them again"
        )


@pytest.mark.parametrize("package", ["quitrent/v1", "buf/validate"])
def test_there_is_no_stub_without_its_proto(package: str) -> None:
    stubs = {path.name.removesuffix("_pb2.py") for path in (ROOT / "src" / package).glob("*_pb2.py")}
    assert stubs == {path.stem for path in (ROOT / "protos" / package).glob("*.proto")}
    for ending in ("_pb2.pyi", "_pb2_grpc.py"):
        assert {path.name.removesuffix(ending) for path in (ROOT / "src" / package).glob(f"*{ending}")} == stubs


def test_stubs_are_not_kept_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"/src/quitrent/v1/", "/src/buf/"} <= set(ignored)


def without_json_names(file: FileDescriptorProto) -> FileDescriptorProto:
    """Protoc leaves the JSON names out of the stubs; they follow from the names."""
    for field in file.extension:
        field.ClearField("json_name")
    for message in file.message_type:
        _clear_json_names(message)
    return file


def _clear_json_names(message: DescriptorProto) -> None:
    for field in (*message.field, *message.extension):
        field.ClearField("json_name")
    for nested in message.nested_type:
        _clear_json_names(nested)
