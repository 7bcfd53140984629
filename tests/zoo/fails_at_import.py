"""A plugin whose module cannot be imported."""

from tests.zoo.keeper import Fair as Plugin

__all__ = ["Plugin"]

raise RuntimeError("not today")
