"""Plugins that do what nobody should, each loaded into hosts as an installed one would be."""
