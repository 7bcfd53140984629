"""What callers are told while the database cannot be used, whichever it is."""

from __future__ import annotations

BUSY = "the database is busy or out of reach; nothing was changed, try again"
FULL = "the database has no room left; nothing was changed, try again when its operator has made some"
BROKEN = "the database's disk does not work for now; nothing was changed, try again when its operator has mended it"
READ_ONLY = "the database can only be read for now; nothing was changed, try again when its operator has mended that"
IN_DOUBT = (
    "the database was lost while it was told to keep what was done, so that this has come about or has not; "
    "try again with the same request_id"
)
