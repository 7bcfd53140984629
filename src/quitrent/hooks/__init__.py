"""The plugin room: how other people's pricing comes in, and what it can never reach.

A plugin is a class or a module with hook implementations, named by an entry point of its package:

    [project.entry-points.quitrent]
    happy-hour = "happy_hour:HappyHour"

and this is all of it:

    from decimal import Decimal
    from quitrent import Adjustment, hookimpl

    class HappyHour:
        def __init__(self, settings):
            self.percent = Decimal(settings["percent"])

        @hookimpl
        def quitrent_adjust_retail(self, line):
            return Adjustment("happy-hour", "everyone is happy", percent=-self.percent)

An operator installs the package and gives the plugin its table in the settings file:

    [plugins.happy-hour]
    percent = "10"

Owns: the contracts (`spec`), finding, checking and calling plugins (`manager`).

Does not own: what a proposal does to a price (domain), when plugins are called (services).

Keeps true:

- A plugin is given copies, and what it gives back is checked and copied: nothing that it holds is
  read again by the core.
- A plugin that raises, or answers with what it may not, is named, and costs its line the retail
  price. It can say nothing about a fee: no hook has a word for it.
- What is configured and missing, misspelled or wrongly declared keeps the server from starting.
"""

from quitrent.hooks.spec import hookimpl

__all__ = ["hookimpl"]
