"""Integration methods: differential equations in, the statements of one step out."""

from rheobase.integration.choose import (
    DEFAULT_METHODS,
    METHODS,
    Choice,
    MethodChoice,
    candidates,
    choose,
    find_method,
    memory_of,
    refusals,
    register,
)
from rheobase.integration.own import ExplicitStateUpdater, StateUpdateMethod
from rheobase.integration.scheme import Scheme
from rheobase.integration.system import Method, System, Table, Updates

__all__ = [
    "DEFAULT_METHODS",
    "METHODS",
    "Choice",
    "ExplicitStateUpdater",
    "Method",
    "MethodChoice",
    "Scheme",
    "StateUpdateMethod",
    "System",
    "Table",
    "Updates",
    "candidates",
    "choose",
    "find_method",
    "memory_of",
    "refusals",
    "register",
]
