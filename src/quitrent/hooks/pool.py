"""The hosts of one plugin: started when they are needed, lent to one asker at a time, replaced when they fail."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Lock, Semaphore
from time import monotonic_ns

from msgspec import structs

from quitrent.hooks.errors import HostEndedError, PluginBrokenError, PluginError
from quitrent.hooks.framing import SECOND_NS
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.plugin import PluginSource
from quitrent.hooks.process import Host
from quitrent.hooks.spec import HOOKS
from quitrent.hooks.wire import LINE_FIELDS, PluginRecord

_log = logging.getLogger(__name__)

# A plugin that could not be made ready is tried again after so long, and later each time.
FIRST_WAIT_SECONDS = 1
LONGEST_WAIT_SECONDS = 64

_STOPPING = "is being stopped"


class HostPool:
    """Lends hosts, and knows what the plugin declared when it was last made ready."""

    def __init__(self, source: PluginSource, hosting: Hosting) -> None:
        """Start the first host, so that several plugins become ready side by side; `open` waits for it."""
        self._source, self._hosting = source, hosting
        self.record = PluginRecord(source.name, source.version, source.package, source.settings_digest)
        self._bare = self.record
        self._declared: PluginRecord | None = None
        # A host ends with the thread that started it: this one lives as long as the pool.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="plugin-starter")
        self._slots = Semaphore(hosting.hosts)
        self._lock = Lock()
        self._idle: list[Host] = []
        self._hosts: set[Host] = set()
        self._retry_ns, self._wait_seconds = 0, FIRST_WAIT_SECONDS
        self._opened = self._closed = False
        self._first = self._started()

    def open(self) -> None:
        """Wait for the first host. Where the plugin's code fails, the record says so, and it is tried again later.

        Errors: PluginError.
        """
        try:
            self._idle.append(self._ready(self._first))
        except PluginBrokenError as error:
            _log.error("plugin %s %s", self._source.name, error)
        self._opened = True

    def take(self, *, new: bool = False) -> Host:
        """Borrow a host, and wait for one where all are lent.

        new: one that has not been asked anything.
        Errors: PluginBrokenError.
        """
        self._slots.acquire()
        try:
            return self._idle_one(new=new) or self._ready(self._started())
        except BaseException:
            self._slots.release()
            raise

    def _idle_one(self, *, new: bool) -> Host | None:
        while True:
            with self._lock:
                host = self._idle.pop() if self._idle else None
            if host is None or (host.is_idle() and (host.is_unused or not new)):
                return host
            # Used where a new one is wanted; or ended while nobody asked it, or it has said more than its answers.
            self._forget(host)

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
        with self._lock:
            self._closed = True
            hosts = tuple(self._hosts)
        for host in hosts:
            self._forget(host)
        self._starter.shutdown()

    def _started(self) -> Host | None:
        """Start a host; give None where it could not even be started."""
        with self._lock:
            # Who comes while a plugin cannot be made ready is told at once.
            if self._closed or (self.record.failure and monotonic_ns() < self._retry_ns):
                raise PluginBrokenError(self.record.failure or _STOPPING)
        try:
            host = self._starter.submit(Host, self._source, self._hosting).result()
        # What the system is out of, or the executor is shut down.
        except (OSError, RuntimeError) as error:
            _log.error("plugin %s: its process cannot be started: %s", self._source.name, error)
            return None
        if not self._kept(host):
            host.end()
            raise PluginBrokenError(_STOPPING)
        return host

    def _kept(self, host: Host) -> bool:
        """Count a host among ours, unless we have been closed meanwhile and nobody would end it."""
        with self._lock:
            if not self._closed:
                self._hosts.add(host)
            return not self._closed

    def _ready(self, host: Host | None) -> Host:
        """Wait until a host is ready. One that is ended meanwhile may be so by anyone; it is started once more."""
        try:
            return self._made_ready(host)
        except HostEndedError:
            self._forget(host)
        host = self._started()
        try:
            return self._made_ready(host)
        except HostEndedError as ended:
            raise self._broken(host, f"{ended.how} when it was made ready") from None

    def _made_ready(self, host: Host | None) -> Host:
        if host is None:
            raise self._broken(host, "had no process: it could not be started")
        try:
            declared = host.wait_until_ready()
        except PluginBrokenError as error:
            raise self._broken(host, str(error)) from None
        except PluginError as error:
            if not self._opened:
                raise
            # It was right when the server started: what its settings lead to has changed since.
            raise self._broken(host, str(error).removeprefix(f"plugin {self._source.name}: ")) from error
        self._take_record(host, declared)
        return host

    def _take_record(self, host: Host, declared: PluginRecord) -> None:
        """Note what the plugin declares. Who it is, is not for it to say; and what it is, it says once."""
        record = structs.replace(
            self._bare,
            settings_digest=_with_files(self._bare.settings_digest, declared.files_digest),
            hooks=declared.hooks,
            sets_final_price=declared.sets_final_price,
            counts_accounts=declared.counts_accounts,
            looks_at=declared.looks_at,
        )
        if not set(record.hooks) <= HOOKS or not record.hooks:
            raise self._broken(host, "declared hooks that there are not")
        if not set(record.looks_at) <= set(LINE_FIELDS):
            raise self._broken(host, "declared fields of a line that there are not")
        if self._declared not in (None, record):
            raise self._broken(host, "declared something else than before; restart the server if that is meant")
        self.record = self._declared = record
        self._wait_seconds = FIRST_WAIT_SECONDS

    def _broken(self, host: Host | None, how: str) -> PluginBrokenError:
        self._forget(host)
        self.record = structs.replace(self.record, failure=how)
        self._retry_ns = monotonic_ns() + self._wait_seconds * SECOND_NS
        self._wait_seconds = min(2 * self._wait_seconds, LONGEST_WAIT_SECONDS)
        return PluginBrokenError(how)

    def _forget(self, host: Host | None) -> None:
        if host is not None:
            host.end()
            with self._lock:
                self._hosts.discard(host)


def _with_files(settings_digest: str, files_digest: str) -> str:
    """Give what tells settings from others whose table, or whose files, are different."""
    if not files_digest:
        return settings_digest
    return sha256(f"{settings_digest} {files_digest}".encode()).hexdigest()[: len(settings_digest) or 16]
