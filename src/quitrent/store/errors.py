"""What an operator is told when the database cannot be used."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot be used; the text says why, for the operator."""
