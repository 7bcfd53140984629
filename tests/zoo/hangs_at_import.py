"""A plugin whose module is never done."""

from time import sleep

from tests.zoo.keeper import Fair as Plugin

__all__ = ["Plugin"]

sleep(1000)
