"""The connections to PostgreSQL: kept for the next call, looked at before it gets one, and given up when lost."""

from __future__ import annotations

from contextlib import nullcontext
from select import POLLIN, poll
from time import time
from typing import Any

import peewee
from playhouse.pool import MaxConnectionsExceeded, PoolConnection, PooledDatabase, PooledPostgresqlDatabase


class CommitInDoubtError(peewee.OperationalError):
    """A connection was lost before the server has said that it has committed."""


class Pooled(PooledPostgresqlDatabase):  # type: ignore[misc]  # playhouse has no types
    """PostgreSQL whose whole numbers are all of 64 bits, through a pool of connections."""

    field_types = {  # noqa: RUF012 -- Peewee reads it from the class.
        **peewee.PostgresqlDatabase.field_types,
        "AUTO": "BIGSERIAL",
        "INT": "BIGINT",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what Peewee's database takes."""
        super().__init__(*args, **kwargs)
        # Each thread has a state of its own. Peewee would hold this while it connects, and have all threads
        # wait one after the other for a server that does not answer.
        self._lock = nullcontext()

    def commit(self) -> None:
        """Commit. Errors: CommitInDoubtError, beside those of the database."""
        try:
            super().commit()
        except peewee.DatabaseError as error:
            if self._is_lost():
                raise CommitInDoubtError(error, *error.args) from error
            raise

    def rollback(self) -> None:
        """Roll back. What is lost with its connection the server rolls back: then no error hides the first one."""
        try:
            super().rollback()
        except peewee.DatabaseError:
            if not self._is_lost():
                raise

    def _is_lost(self) -> bool:
        return bool(self.connection().closed)

    def _connect(self) -> Any:
        """Give an idle connection, or make one, with no lock held meanwhile."""
        with self._pool_lock:
            idle = self._idle_connection()
            if idle is not None:
                return idle
            if len(self._in_use) >= self._max_connections:
                raise MaxConnectionsExceeded
            # It has the place of one until it is made.
            place = object()
            self._note_in_use(place)
        made = None
        try:
            made = super(PooledDatabase, self)._connect()
        finally:
            with self._pool_lock:
                del self._in_use[self.conn_key(place)]
                if made is None:
                    self._pool_available.notify()
                else:
                    self._note_in_use(made)
        return made

    def _idle_connection(self) -> Any | None:
        while self._connections:
            _, _, connection = self._connections.pop()
            if not self._is_closed(connection):
                self._note_in_use(connection)
                return connection
            self._close_raw(connection)
        return None

    def _note_in_use(self, connection: object) -> None:
        self._in_use[self.conn_key(connection)] = PoolConnection(time(), connection, time())

    def _is_closed(self, connection: Any) -> bool:
        """Whether a connection has ended: a server that speaks unasked has ended it, as when it is restarted.

        Peewee would ask the server something each time, which is a turn there and back.
        """
        if connection.closed:
            return True
        speaking = poll()
        speaking.register(connection.fileno(), POLLIN)
        return bool(speaking.poll(0))
