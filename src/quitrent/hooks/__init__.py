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

Owns: the contracts (`spec`), finding plugins (`discovery`), the processes that they live in (`host`
inside, `guard` around it, `process` and `pool` from outside), asking them (`manager`, `hosted`), and believing nothing
of what they answer (`wire`, `answers`).

Does not own: what a proposal does to a price (domain), when plugins are called, and where it is kept
that one is set aside (services).

Keeps true:

- A plugin's code runs in its own hosts alone: the server and the biller never import it. A host has
  neither the database's address nor any of the server's environment.
- Between a host and the core go typed messages, and no code. A plugin is given copies, and what it
  gives back is checked here once more.
- A plugin that raises, answers with what it may not, takes too long, grows too large or ends its host
  is named, and costs its line what the deployment chose. It can say nothing about a fee: no hook has
  a word for it.
- What is configured and missing, misspelled or wrongly declared keeps the server from starting. A
  plugin whose code fails does not: it is broken until it can be made ready.
"""

from quitrent.hooks.spec import hookimpl

__all__ = ["hookimpl"]
