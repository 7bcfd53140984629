"""Makes the Python stubs from the protos when the project is built or installed."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OURS = "quitrent/v1"
# No package ships validate_pb2, and our stubs import it.
VENDORED = "buf/validate"


class StubBuilder(BuildHookInterface[Any]):
    """Runs protoc over our protos; the output goes to src/ and is never edited."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write src/quitrent/v1 and src/buf/validate anew."""
        root = Path(self.root)
        for package in (OURS, VENDORED):
            shutil.rmtree(root / "src" / package, ignore_errors=True)
            _generate(root, package)
        (root / "src" / OURS / "__init__.py").write_text('"""Generated from protos/quitrent/v1."""\n')
        (root / "src" / OURS / "py.typed").write_text("")


def _generate(root: Path, package: str) -> None:
    protos = root / "protos"
    source = root / "src"
    source.mkdir(exist_ok=True)
    bin_folder = Path(sys.executable).parent
    code = protoc.main(
        [
            "protoc",
            f"-I{protos}",
            # Only protoc's own command line adds the well-known types by itself.
            f"-I{files('grpc_tools') / '_proto'}",
            f"--plugin=protoc-gen-mypy={_plugin(bin_folder, 'protoc-gen-mypy')}",
            f"--plugin=protoc-gen-mypy_grpc={_plugin(bin_folder, 'protoc-gen-mypy_grpc')}",
            f"--python_out={source}",
            f"--grpc_python_out={source}",
            f"--mypy_out=quiet:{source}",
            f"--mypy_grpc_out=only_sync,quiet:{source}",
            *sorted(str(path) for path in (protos / package).glob("*.proto")),
        ]
    )
    if code:
        raise SystemExit(f"protoc ended with {code}: the stubs of {package} were not made")


def _plugin(bin_folder: Path, name: str) -> str:
    found = shutil.which(name, path=str(bin_folder)) or shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is not installed in the build environment")
    return found
