"""One batch of an import: what its rows need is looked up at once, each is checked, and the good ones are written.

A row is checked as the call that makes one of its kind checks it, in the words of that call, on what
is stored and on what the rows before it make. However many rows there are, there is one query for
each kind of thing that is looked up, and one statement for each table that is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from quitrent.domain.book_row import BadRow, BookRow, ImportedBatch, NewSubscription, collection_of
from quitrent.domain.continuation import Assignable, Assignment, assigned_to
from quitrent.domain.errors import PermissionDenied, QuitrentError, Reason
from quitrent.domain.party import Party, lineage, parent_of
from quitrent.services.caller import Caller
from quitrent.services.content import name_taken, same_or_taken
from quitrent.services.deployment import Deployment
from quitrent.services.parties import found_party
from quitrent.services.visibility import visible_assignable
from quitrent.store.assignments import assigned_accounts
from quitrent.store.book_rows import insert_book, lock_subscriptions
from quitrent.store.catalog import current_catalog
from quitrent.store.parties import parties_named


def import_batch(deployment: Deployment, caller: Caller, rows: Sequence[BookRow | BadRow]) -> ImportedBatch:
    """Make what some rows say, and say what became of each. Call it in `Store.write_accounts`."""
    batch = _Batch(caller, [row.what for row in rows if isinstance(row, BookRow)])
    done, bad = ImportedBatch(), []
    for row in rows:
        outcome = row if isinstance(row, BadRow) else _outcome(batch, row)
        if isinstance(outcome, BadRow):
            bad.append(outcome)
        else:
            (done.made if outcome else done.there_already)[collection_of(_name(row))] += 1
    insert_book(batch.new_parties, batch.new_assignments, batch.keys(), deployment.now())
    done.bad_rows, done.bad_row_count = bad, len(bad)
    return done


def _outcome(batch: _Batch, row: BookRow) -> bool | BadRow:
    """Give whether a row makes something new, or why it makes nothing."""
    try:
        return batch.takes_party(row.what) if isinstance(row.what, Party) else batch.takes_subscription(row.what)
    except QuitrentError as error:
        # Without its traceback, which would hold on to the whole batch.
        return BadRow(row.line, row.what.name, error.with_traceback(None))


def _name(row: BookRow | BadRow) -> str:
    return row.name if isinstance(row, BadRow) else row.what.name


class _Batch:
    """What is stored of all that some rows name, and what the rows so far have added to it."""

    def __init__(self, caller: Caller, things: Sequence[Party | NewSubscription]) -> None:
        self._caller = caller
        self.new_parties: list[Party] = []
        self.new_assignments: list[Assignment] = []
        subscriptions = [one for one in things if isinstance(one, NewSubscription)]
        self._parties = parties_named(_parties_needed(things))
        self._assignables: dict[str, Assignable] = {}
        self._assignments: dict[str, list[Assignment]] = {}
        if subscriptions:
            self._assignables = current_catalog().assignables({one.product for one in subscriptions})
            accounts = self._parties.keys() & {parent_of(one.name) for one in subscriptions}
            lock_subscriptions(accounts)
            self._assignments = {name: list(one.assignments) for name, one in assigned_accounts(accounts).items()}

    def keys(self) -> dict[str, int]:
        """The store's keys of the parties that are stored, by name."""
        return {party.name: party.key for party in self._parties.values() if party.key}

    def takes_party(self, party: Party) -> bool:
        """Take a reseller, a customer or an account in; give whether it is new.

        Errors: PermissionDenied, NotFound (what it belongs to), AlreadyExists (NAME_TAKEN).
        """
        parent = parent_of(party.name)
        if parent:
            found_party(self._caller, parent, self._parties.get(parent))
        elif not self._caller.is_admin:
            raise PermissionDenied(Reason.ADMIN_ONLY, "only the provider makes resellers")
        existing = self._parties.get(party.name)
        if existing is not None:
            same_or_taken(party.name, existing, party)
            return False
        self._parties[party.name] = party
        self.new_parties.append(party)
        return True

    def takes_subscription(self, new: NewSubscription) -> bool:
        """Take a subscription in; give whether it is new.

        Errors: NotFound (the account, the product), AlreadyExists (NAME_TAKEN), FailedPrecondition.
        """
        account = parent_of(new.name)
        found_party(self._caller, account, self._parties.get(account))
        others = self._assignments.setdefault(account, [])
        existing = next((one.subscription for one in others if one.subscription.name == new.name), None)
        if existing is not None and (existing.product, existing.start) == (new.product, new.start):
            return False
        assignable = visible_assignable(self._caller, new.product, self._assignables)
        if existing is not None:
            raise name_taken(new.name)
        assignment = assigned_to(account, new.name, assignable, new.start, others)
        others.append(assignment)
        self.new_assignments.append(assignment)
        return True


def _parties_needed(things: Sequence[Party | NewSubscription]) -> set[str]:
    """Give the names of the parties that things are or belong to."""
    return {name for one in things for name in lineage(one.name if isinstance(one, Party) else parent_of(one.name))}
