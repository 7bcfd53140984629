"""How the deployment has a plugin hosted: its limits, and what becomes of a line that it fails for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What becomes of a line: it is parked, and refused in a quote; or it is priced without the plugin, and says so.
OnFailure = Literal["park", "price-without"]


@dataclass(frozen=True, slots=True)
class Hosting:
    """The table `[hosting]` of the settings file for all plugins, or `[plugins.NAME.hosting]` for one."""

    on_failure: OnFailure = "park"
    # How long it may take over a batch, which is up to 500 lines.
    time_limit_ms: int = 5_000
    # How long it may take to be imported and made.
    start_limit_ms: int = 20_000
    # What its process may use before it gets another one.
    memory_mib: int = 512
    # Lines that it was ended for, and batches of which it answered no line, before it is set aside; 0 is never.
    failures_in_a_row: int = 10
    # Its processes at most: quotes go on in one while a run is at another.
    hosts: int = 2

    def __post_init__(self) -> None:
        """Refuse what nothing could be hosted by. Errors: ValueError naming the key."""
        for key, least in _LEAST.items():
            if getattr(self, key) < least:
                raise ValueError(f"{key} is {getattr(self, key)}; it takes {least} or more")


_LEAST = {"time_limit_ms": 1, "start_limit_ms": 1, "memory_mib": 64, "failures_in_a_row": 0, "hosts": 1}
