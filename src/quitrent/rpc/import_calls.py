"""The part of BillingService that imports books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from tempfile import TemporaryFile
from threading import BoundedSemaphore

import grpc

from quitrent.domain.book_row import BadRow, Imported, ImportedBatch
from quitrent.domain.errors import invalid
from quitrent.rpc.book_messages import bad_row_out, book_row_in, counts_out
from quitrent.rpc.calls import fitting, room_for_stream
from quitrent.rpc.gate import current_caller
from quitrent.rpc.values import enum_in
from quitrent.services.deployment import Deployment
from quitrent.services.importing import ImportMode, import_book
from quitrent.services.once import answered_again, first_answer, keep_first_answer
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import book_import_pb2

# Bad rows in an answer; all are counted.
MOST_BAD_ROWS = 1_000

# Rows that are held until the last one has come.
MOST_HELD_ROWS = 1_000_000

_LENGTH_BYTES = 4

_Rows = Iterable[book_import_pb2.BookRow]


class ImportCalls:
    """Import."""

    _deployment: Deployment
    _streams: BoundedSemaphore

    def ImportBook(
        self, request_iterator: Iterator[pb.ImportBookRequest], context: grpc.ServicerContext
    ) -> pb.ImportBookResponse:
        with room_for_stream(self._streams):
            sent = _Sent(request_iterator)
            request_id = sent.first.request_id
            with self._deployment.store.connection():
                kept = first_answer(current_caller(), request_id)
            if kept is None:
                return self._imported(sent)
            sent.read_to_the_end()
            return pb.ImportBookResponse.FromString(answered_again(kept, sent.digest(), request_id))

    def _imported(self, sent: _Sent) -> pb.ImportBookResponse:
        caller, request_id = current_caller(), sent.first.request_id
        mode = enum_in(book_import_pb2.ImportMode, sent.first.mode, ImportMode) or ImportMode.KEEP_GOOD_ROWS
        bad = _FirstBadRows()

        def finish(imported: Imported) -> None:
            if request_id:
                response = bad.response(imported).SerializeToString()
                keep_first_answer(self._deployment, caller, request_id, sent.digest(), response)

        # Who takes its time with its rows may keep nobody waiting.
        with _held(sent.rows()) if mode is ImportMode.ALL_OR_NOTHING else nullcontext(sent.rows()) as messages:
            rows = (book_row_in(message, number) for number, message in enumerate(messages, start=1))
            return bad.response(import_book(self._deployment, caller, rows, mode, bad.add, finish))


class _Sent:
    """What a caller sends: the first request, and the rows of all of them as they come."""

    def __init__(self, requests: Iterator[pb.ImportBookRequest]) -> None:
        self.first = next(requests, pb.ImportBookRequest())
        self._later = requests
        self._digest = sha256(f"ImportBook {self.first.mode}".encode())

    def rows(self) -> Iterator[book_import_pb2.BookRow]:
        """Give the rows, once.

        Errors: InvalidArgument, for what does not belong into a request, and where the last one does not say so:
        grpcio may take a caller that is gone for one that has sent everything.
        """
        request = self.first
        yield from self._of(request)
        for request in self._later:
            _check_later(request)
            yield from self._of(request)
        if not request.last:
            raise invalid("last", "must be true in the last request; the import was cut off before it")

    def read_to_the_end(self) -> None:
        """Take in what is left, and do nothing with it."""
        for _ in self.rows():
            pass

    def digest(self) -> str:
        """Give the digest of all rows, once they have been read; how they were divided does not count."""
        return self._digest.hexdigest()

    def _of(self, request: pb.ImportBookRequest) -> _Rows:
        if self.first.request_id:
            for row in request.rows:
                data = row.SerializeToString(deterministic=True)
                self._digest.update(len(data).to_bytes(_LENGTH_BYTES))
                self._digest.update(data)
        return request.rows


class _FirstBadRows:
    """The bad rows that an answer has room for."""

    def __init__(self) -> None:
        self._rows: list[BadRow] = []

    def add(self, batch: ImportedBatch) -> None:
        self._rows += batch.bad_rows[: MOST_BAD_ROWS - len(self._rows)]

    def response(self, imported: Imported) -> pb.ImportBookResponse:
        return pb.ImportBookResponse(
            made=counts_out(imported.made),
            there_already=counts_out(imported.there_already),
            bad_row_count=imported.bad_row_count,
            bad_rows=fitting(map(bad_row_out, self._rows)),
        )


def _check_later(request: pb.ImportBookRequest) -> None:
    for field in ("mode", "request_id"):
        if getattr(request, field):
            raise invalid(field, "must be given in the first request only")


@contextmanager
def _held(rows: _Rows) -> Iterator[Iterator[book_import_pb2.BookRow]]:
    """Hold rows in a file until the last one has come, and give them again. Errors: InvalidArgument."""
    with TemporaryFile() as file:
        for count, row in enumerate(rows, start=1):
            if count > MOST_HELD_ROWS:
                raise invalid("rows", f"must be at most {MOST_HELD_ROWS:,} in all with IMPORT_MODE_ALL_OR_NOTHING")
            data = row.SerializeToString()
            file.write(len(data).to_bytes(_LENGTH_BYTES))
            file.write(data)
        file.seek(0)
        lengths = iter(lambda: file.read(_LENGTH_BYTES), b"")
        yield (book_import_pb2.BookRow.FromString(file.read(int.from_bytes(length))) for length in lengths)
