"""A number that grows whenever anything of the catalog may have changed, so that what was read of it can be kept.

The catalog is what many read and few change: plans, products, price rules, keys, and the names and
labels of parties. Whoever may change it writes alone (`Store.write`), which counts it up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from quitrent.store.row import current_database


class _Changing(local):
    depth = 0


_changing = _Changing()


@contextmanager
def catalog_changes() -> Iterator[None]:
    """Count the version up, inside the transaction that may change something."""
    current_database().execute_sql("UPDATE catalog_version SET version = version + 1")
    _changing.depth += 1
    try:
        yield
    finally:
        _changing.depth -= 1


def catalog_is_changing() -> bool:
    """Whether the calling thread may be changing the catalog: what it reads may still change, or never have been."""
    return _changing.depth > 0


def catalog_version() -> int:
    """Give the version. What was read after this and before the next higher one belongs to it."""
    return int(current_database().execute_sql("SELECT version FROM catalog_version").fetchone()[0])
