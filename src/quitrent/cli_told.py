"""What a command tells an operator when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click


def told_errors() -> tuple[type[Exception], ...]:
    """Give the errors that say to an operator what is wrong; any other is a fault of ours."""
    from quitrent.book_file import BookFileError
    from quitrent.csv_file import NotWrittenError
    from quitrent.domain.errors import QuitrentError
    from quitrent.hooks.errors import PluginError
    from quitrent.services.keys import KeyLimitError
    from quitrent.settings import SettingsError
    from quitrent.store.database import StoreError
    from quitrent.supervisor import NotServingError

    of_files = (BookFileError, NotWrittenError)
    return SettingsError, PluginError, StoreError, KeyLimitError, QuitrentError, NotServingError, *of_files


def told_plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Have what an operator got wrong end in one line, and not in a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except told_errors() as error:
            raise click.ClickException(str(error)) from error

    return run
