"""Integration methods: differential equations in, the statements of one step out."""

from rheobase.integration.choose import (
    DEFAULT_METHODS,
    METHODS,
    choose,
    find_method,
    refusals,
    register,
)
from rheobase.integration.scheme import Scheme
from rheobase.integration.system import Method, System, Table, Updates

__all__ = [
    "DEFAULT_METHODS",
    "METHODS",
    "Method",
    "Scheme",
    "System",
    "Table",
    "Updates",
    "choose",
    "find_method",
    "refusals",
    "register",
]
