"""The author's kit: lines to try a plugin with, and a check of all that quitrent asks of one.

In the tests of a plugin's package, `conftest.py` has one line:

    pytest_plugins = ["quitrent.testing"]

and a test asks for what it needs:

    def test_it_keeps_the_laws(check_plugin):
        check_plugin(HappyHour, {"percent": "-10"})

Owns: lines that look like those of a deployment (`line_maker`), the check with its report (`checker`,
`report`) and the processes that it runs a plugin in (`asking`, `probe`), the fixtures for pytest
(`fixtures`), and the package that a new plugin begins as (`package`).

Does not own: what a plugin may answer, and how it is hosted (hooks).

Keeps true:

- A plugin's code is never imported here: it runs in hosts, as it does under a server, and in probes,
  which are processes that can be ended. A plugin that hangs or exits is a finding, and no more.
- The same count and seed make the same lines, and fewer lines are the first of more.
- Nobody is told of charges or runs by a check: that may reach other systems.
- pytest is imported by the fixtures alone; an operator need not have it. It finds no assertion here
  to rewrite (PYTEST_DONT_REWRITE), so it does not mind who imported this first.
"""

from quitrent.testing.checker import check
from quitrent.testing.line_maker import lines
from quitrent.testing.report import Check, Finding, Outcome, Report

__all__ = ["Check", "Finding", "Outcome", "Report", "check", "lines"]

# Where pytest finds the fixtures once it has been told of this module.
pytest_plugins = ["quitrent.testing.fixtures"]
