"""Keeps pytest, which looks for examples in every module, from importing the animals: one never comes back."""

collect_ignore_glob = ["*.py"]
