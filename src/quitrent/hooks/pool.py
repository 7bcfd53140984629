"""The hosts of one plugin: started when they are needed, lent to one asker at a time, replaced when they fail."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Semaphore
from time import monotonic_ns

from msgspec import structs

from quitrent.hooks.errors import PluginBrokenError, PluginError
from quitrent.hooks.framing import SECOND_NS
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.process import Host
from quitrent.hooks.wire import PluginRecord

_log = logging.getLogger(__name__)

# A plugin that could not be made ready is tried again after so long, and later each time.
FIRST_WAIT_SECONDS = 1
LONGEST_WAIT_SECONDS = 64


class HostPool:
    """Lends hosts, and knows what the plugin declared when it was last made ready."""

    def __init__(self, source: PluginSource, hosting: Hosting) -> None:
        """Start the first host, so that several plugins become ready side by side; `open` waits for it."""
        self._source, self._hosting = source, hosting
        self.record = PluginRecord(source.name, source.version, source.package, source.settings_digest)
        self._folder = TemporaryDirectory(prefix="quitrent-plugin-")
        # A host ends with the thread that started it: this one lives as long as the pool.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="plugin-starter")
        self._slots = Semaphore(hosting.hosts)
        self._lock = Lock()
        self._idle: list[Host] = []
        self._hosts: set[Host] = set()
        self._retry_ns, self._wait_seconds = 0, FIRST_WAIT_SECONDS
        self._closed = False
        self._first = self._started()

    def open(self) -> None:
        """Wait for the first host. Where the plugin's code fails, the record says so, and it is tried again later.

        Errors: PluginError.
        """
        try:
            self._make_ready(self._first)
        except PluginBrokenError as error:
            _log.error("plugin %s %s", self._source.name, error)
        else:
            self._idle.append(self._first)

    def take(self) -> Host:
        """Borrow a host, and wait for one where all are lent.

        Errors: PluginBrokenError.
        """
        self._slots.acquire()
        try:
            with self._lock:
                host = self._idle.pop() if self._idle else None
            return self._new() if host is None else host
        except BaseException:
            self._slots.release()
            raise

    def give_back(self, host: Host) -> None:
        """Give a host back; one that has grown too large is ended."""
        if host.is_too_large:
            _log.warning("plugin %s has grown to %d MiB, and gets a new process", self._source.name, host.memory_mib)
            self.end(host)
            return
        with self._lock:
            self._idle.append(host)
        self._slots.release()

    def end(self, host: Host) -> None:
        """End a host that was lent, in the place of giving it back."""
        self._forget(host)
        self._slots.release()

    def close(self) -> None:
        """End all hosts, at work or not."""
        self._closed = True
        for host in tuple(self._hosts):
            self._forget(host)
        self._starter.shutdown()
        self._folder.cleanup()

    def _new(self) -> Host:
        with self._lock:
            # Who comes while a plugin cannot be made ready is told at once.
            if self._closed or (self.record.failure and monotonic_ns() < self._retry_ns):
                raise PluginBrokenError(self.record.failure or "is being stopped")
        host = self._started()
        try:
            self._make_ready(host)
        except PluginError as error:
            # It was right when the server started: what its settings lead to has changed since.
            raise self._broken(host, str(error).removeprefix(f"plugin {self._source.name}: ")) from error
        return host

    def _started(self) -> Host:
        host = self._starter.submit(Host, self._source, self._hosting, Path(self._folder.name)).result()
        self._hosts.add(host)
        return host

    def _make_ready(self, host: Host) -> None:
        try:
            self.record = host.wait_until_ready()
        except PluginBrokenError as error:
            raise self._broken(host, str(error)) from None
        self._wait_seconds = FIRST_WAIT_SECONDS

    def _broken(self, host: Host, how: str) -> PluginBrokenError:
        self._forget(host)
        self.record = structs.replace(self.record, failure=how)
        self._retry_ns = monotonic_ns() + self._wait_seconds * SECOND_NS
        self._wait_seconds = min(2 * self._wait_seconds, LONGEST_WAIT_SECONDS)
        return PluginBrokenError(how)

    def _forget(self, host: Host) -> None:
        host.end()
        self._hosts.discard(host)
