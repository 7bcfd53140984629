"""Plugins that are installed for one test: files as pip leaves them, in a folder that is on a program's path."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, name: str, source: str, version: str = "1.0") -> str:
    """Install a plugin of one module with a class `Plugin`; give the folder for PYTHONPATH."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    metadata = folder / f"{module}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[quitrent]\n{name} = {module}:Plugin\n", encoding="utf-8")
    return str(folder)
