"""What a plugin declares: its hooks, and what it says of itself. All of it is checked before it is called."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

import pluggy
from pluggy import HookImpl

from quitrent.hooks import spec
from quitrent.hooks.errors import PluginError
from quitrent.hooks.wire import LINE_FIELDS


def checked_hooks(name: str, plugin: object) -> dict[str, Callable[..., object]]:
    """Give the hooks that a plugin implements, by their names; each takes all arguments of its specification.

    Errors: PluginError for one that does not exist, has a wrong argument or wraps others.
    """
    manager = pluggy.PluginManager(spec.NAMESPACE)
    manager.add_hookspecs(spec)
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except (ValueError, pluggy.PluginValidationError) as error:
        raise PluginError(f"plugin {name}: {error}") from error
    hooks: dict[str, HookImpl] = {}
    for caller in manager.get_hookcallers(plugin) or []:
        # Pluggy lets a plugin mark a hook as optional, which is to say that it need not exist.
        if not caller.has_spec():
            raise PluginError(f"plugin {name}: there is no hook {caller.name}")
        [hooks[caller.name]] = caller.get_hookimpls()
        if hooks[caller.name].wrapper or hooks[caller.name].hookwrapper:
            raise PluginError(f"plugin {name}: {caller.name} is a wrapper; a plugin cannot wrap another's answer")
    unmarked = sorted(hook for hook in dir(plugin) if hook.startswith("quitrent_") and hook not in hooks)
    if unmarked:
        raise PluginError(f"plugin {name}: {unmarked[0]} is not marked with @hookimpl, and would never be called")
    if not hooks:
        raise PluginError(f"plugin {name} implements no hook")
    if {"quitrent_adjust_retail", "quitrent_adjust_retail_batch"} <= hooks.keys():
        raise PluginError(f"plugin {name} adjusts both line by line and in batches; leave one out")
    return {hook: _with_all_arguments(hook, impl) for hook, impl in hooks.items()}


def fields_looked_at(name: str, plugin: object) -> tuple[str, ...]:
    """Give the fields of a line that a plugin says it looks at: all of them where it says nothing.

    Errors: PluginError.
    """
    declared = getattr(plugin, "looks_at", LINE_FIELDS)
    if type(declared) not in (tuple, list, set, frozenset) or not all(type(one) is str for one in declared):
        raise PluginError(f'plugin {name}: looks_at has to be names of fields of a line, like ("product", "basis")')
    unknown = sorted(set(declared) - set(LINE_FIELDS))
    if unknown:
        raise PluginError(f"plugin {name}: a line has no {unknown[0]}; looks_at takes {', '.join(LINE_FIELDS)}")
    return tuple(sorted(set(declared)))


def _with_all_arguments(hook: str, impl: HookImpl) -> Callable[..., object]:
    arguments = tuple(signature(getattr(spec, hook)).parameters)
    function: Callable[..., object] = impl.function
    if impl.argnames == arguments:
        return function
    # What a plugin has no use for it may leave out.
    places = [arguments.index(name) for name in impl.argnames]
    return lambda *given: function(*(given[place] for place in places))


def flag(name: str, plugin: object, flag: str) -> bool:
    """Give what a plugin says of itself with True or False. Errors: PluginError."""
    value = getattr(plugin, flag, False)
    if type(value) is not bool:
        raise PluginError(f"plugin {name}: {flag} has to be True or False")
    return value
