"""How a plugin can fail, apart from failing for a line, which is told in words."""

from __future__ import annotations


class PluginError(Exception):
    """A plugin cannot be used as it is configured or declared; the text names it and says why.

    `plugin` is its name, where it is known which one of several it is.
    """

    plugin: str = ""


class PluginBrokenError(Exception):
    """A plugin's own code failed while it was made ready; the text goes on 'plugin x ...'."""


class AskFailedError(Exception):
    """A question has no answers; `how` goes on 'plugin x ...', and smaller batches may show for which line.

    `is_spent` where the process has run out of something, which may be the doing of lines before.
    """

    def __init__(self, how: str, *, is_spent: bool = False) -> None:
        super().__init__(how)
        self.how, self.is_spent = how, is_spent


class HostFailedError(AskFailedError):
    """A host has to be replaced: it took too long, ended, or wrote what is no reply.

    `was_new` where it had been asked nothing before.
    """

    was_new = False


class HostEndedError(HostFailedError):
    """A host is gone, which may be its plugin's doing, or anyone's who may end a process."""
