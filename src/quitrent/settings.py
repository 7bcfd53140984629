"""The settings file: a TOML file with a key for each option, and a table for each plugin in use."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from quitrent.hooks.declared_settings import SettingsRefusedError, settings_of
from quitrent.hooks.discovery import PluginsSettings
from quitrent.hooks.hosting import Hosting

DEFAULT_FILE = Path("quitrent.toml")

# Where plugins may run.
RUN_IN = ("hosts", "inline")

# Who may carry out runs.
SERVER, WORKERS = "server", "workers"


class SettingsError(Exception):
    """The settings cannot be used; the text names the key and says what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is made from. An environment variable `QUITRENT_<KEY>` or an option overrides the file."""

    # `sqlite:///quitrent.db` is a file in the working folder, `sqlite:////var/lib/quitrent.db` any other.
    database_url: str = "sqlite:///quitrent.db"
    # The zone in which a day of the calendar begins.
    time_zone: str = "UTC"
    # Host and port; port 0 is any free one.
    listen: str = "localhost:50051"
    # How many calls are served at once; three times as many may wait. Half of them may be streams.
    threads: int = 16
    # How many server processes share the port; each serves as many calls at once as `threads` says.
    processes: int = 1
    # PEM files. Without them a server listens on this machine alone, unless `allow_plaintext` says otherwise.
    tls_certificate: str = ""
    tls_key: str = ""
    allow_plaintext: bool = False
    # Whether callers may ask the server for its protos.
    reflection: bool = True
    # Where plugins run: `hosts` are processes of their own, `inline` is this one, to debug them.
    plugins_run_in: str = "hosts"
    # Who carries out runs: the `server`, or `workers`; empty is workers on PostgreSQL, and the server on SQLite.
    runs: str = ""
    # The plugins in use, each with its own table, and how they are hosted.
    plugins: PluginsSettings = field(default_factory=PluginsSettings)

    def runs_by_workers(self) -> bool:
        """Whether workers carry out runs. Errors: SettingsError, where none can."""
        if self.runs not in ("", SERVER, WORKERS):
            raise SettingsError(f"runs: {self.runs} has to be {SERVER} or {WORKERS}")
        on_postgresql = self.database_url.startswith(("postgresql:", "postgres:"))
        if self.runs == WORKERS and not on_postgresql:
            raise SettingsError(
                f"runs: workers need PostgreSQL, and the data is at {self.database_url}; the server itself bills"
            )
        return on_postgresql and self.runs != SERVER

    def host_and_port(self) -> tuple[str, int]:
        """Give the two halves of `listen`. Errors: SettingsError, where it has not got two."""
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal():
            raise SettingsError(f"listen: {self.listen} has to be a host and a port, like localhost:50051")
        return host, int(port)

    def port_taken(self) -> SettingsError:
        """Give the error for a `listen` that cannot be had."""
        return SettingsError(f"listen: {self.listen} cannot be listened on; is another server there?")


def read_settings_file(path: Path) -> dict[str, object]:
    """Give what a settings file says, by key; `plugins` holds all that it says of them.

    Errors: SettingsError naming the file and the key.
    """
    try:
        # A number with a point is exact as it stands, and not a float.
        found = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    # A number of too many digits is a ValueError, and tables in one another without end are the last.
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for key, value in found.items():
        _check_key(path, key, value)
    hosting = _hosting(path, found.pop("hosting", {}))
    return found | {"plugins": PluginsSettings(found.get("plugins", {}), hosting, path.absolute().parent)}


def _hosting(path: Path, table: Mapping[str, object]) -> Hosting:
    try:
        return settings_of(table, Hosting, path.parent)
    except SettingsRefusedError as error:
        raise SettingsError(f"{path}: hosting: {error}") from error


def _check_key(path: Path, key: str, value: object) -> None:
    known = {name: type(getattr(Settings(), name)) for name in Settings.__slots__} | {"hosting": Hosting}
    if key not in known:
        raise SettingsError(f"{path}: there is no key {key}; there are {', '.join(sorted(known))}")
    if key == "plugins":
        if not isinstance(value, Mapping) or not all(isinstance(table, Mapping) for table in value.values()):
            raise SettingsError(f"{path}: plugins has to hold a table for each plugin, like [plugins.markup]")
    elif key == "hosting":
        if not isinstance(value, Mapping):
            raise SettingsError(f"{path}: hosting has to be a table, [hosting]")
    elif type(value) is not known[key]:
        raise SettingsError(f"{path}: {key} has to be of type {known[key].__name__}, like {getattr(Settings(), key)!r}")
