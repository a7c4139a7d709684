"""Names that Brian 2 has and rheobase calls differently, or needs for old scripts only.

legacy name                     here
BrianObject                     SimulationObject
BrianObjectException            ModelError: every fault of a model is one
UnsupportedEquationsException   UnsupportedEquationsError
Nameable, Trackable             SimulationObject
SpikeSource                     EventGroup
CodeRunner                      Runner
NeuronGroup, SpatialNeuron      those of rheobase, whose faults wait for run()
NumpyCodeObject, CythonCodeObject   accepted as codeobj_class; there is one way of compiling
VariableOwner                   Group
DEFAULT_UNITS                   the units that equations know, by name
DEFAULT_CONSTANTS               pi, e, inf
seed                            seeds numpy's own random numbers too
clear_cache, check_cache        of compiled code; there is one cache for every target
test                            runs the examples of the documentation
"""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import rheobase
from rheobase.backends.llvm.cache import disk_cache
from rheobase.devices import reinit_devices
from rheobase.errors import ModelError, UnsupportedEquationsError
from rheobase.integration import METHODS, Method
from rheobase.integration.choose import ALIASES
from rheobase.magic import MagicNetwork
from rheobase.model.base import SimulationObject
from rheobase.model.code import Runner
from rheobase.model.group import Group
from rheobase.model.subgroup import EventGroup
from rheobase.model.views import VariableView
from rheobase.preference_names import prefs
from rheobase.runtime import random
from rheobase.units import Unit, allunits, lookup_unit
from rheobase.units.specs import SHORT_NAMES

_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
METHOD_OBJECTS = {name: METHODS[ALIASES.get(name, name)] for name in (*METHODS, *ALIASES)}
__all__ = [
    "DEFAULT_CONSTANTS",
    "DEFAULT_UNITS",
    "BrianObject",
    "BrianObjectException",
    "CodeRunner",
    "CythonCodeObject",
    "Group",
    "MagicNetwork",
    "Nameable",
    "NeuronGroup",
    "NumpyCodeObject",
    "SpatialNeuron",
    "SpikeSource",
    "Trackable",
    "UnsupportedEquationsException",
    "VariableOwner",
    "brian_prefs",
    "check_cache",
    "clear_cache",
    "reinit_devices",
    "seed",
    "test",
]
__all__ += [  # METHOD_OBJECTS, one by one for type checkers; a test compares
    "euler",
    "exact",
    "exponential_euler",
    "gsl",
    "gsl_rk2",
    "gsl_rk4",
    "gsl_rk8pd",
    "gsl_rkck",
    "gsl_rkf45",
    "heun",
    "independent",
    "linear",
    "milstein",
    "rk2",
    "rk4",
    "rosenbrock",
]

brian_prefs = prefs
BrianObject = Nameable = Trackable = SimulationObject
SpikeSource = EventGroup
BrianObjectException = ModelError
UnsupportedEquationsException = UnsupportedEquationsError
CodeRunner = Runner
VariableOwner = Group
DEFAULT_CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e, "inf": math.inf}


class NeuronGroup(rheobase.NeuronGroup):
    """A NeuronGroup of rheobase; what is wrong with its code is raised when it is to run.

    So it is in Brian 2: a script may make groups that it never runs, or look for errors around
    run() alone. Flags and the syntax of equations are checked when it is made, there as here.

    >>> from rheobase.brian2 import NeuronGroup, BrianObjectException, ms, run
    >>> cells = NeuronGroup(3, 'dv/dt = -v : 1')
    >>> try:
    ...     run(1*ms)
    ... except BrianObjectException as error:
    ...     print(type(error).__name__)
    DimensionMismatchError
    """

    _faults_wait = True

    def run_on_event(
        self,
        event: str,
        code: str,
        when: str = "after_resets",
        order: int | str | None = None,
    ) -> Runner:
        """See rheobase.NeuronGroup; an order that is a text counts as 0, as dendrify gives it.

        >>> from rheobase.brian2 import NeuronGroup
        >>> cells = NeuronGroup(2, 'x : 1', events={'high': 'x > 2'})
        >>> cells.run_on_event('high', 'x = 0', order='before_groups').order
        0
        """
        return super().run_on_event(event, code, when, 0 if isinstance(order, str) else order)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> VariableView: ...
        def __setattr__(self, name: str, value: object) -> None: ...


class SpatialNeuron(rheobase.SpatialNeuron):
    """A SpatialNeuron of rheobase; what is wrong with its code is raised when it is to run.

    >>> from rheobase.brian2 import SpatialNeuron, Soma, um
    >>> cell = SpatialNeuron(Soma(20*um), 'Im = 0*amp/meter**2 : amp/meter**2')
    >>> len(cell)
    1
    """

    _faults_wait = True

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: object) -> None: ...


if TYPE_CHECKING:
    euler: Method
    exact: Method
    exponential_euler: Method
    gsl: Method
    gsl_rk2: Method
    gsl_rk4: Method
    gsl_rk8pd: Method
    gsl_rkck: Method
    gsl_rkf45: Method
    heun: Method
    independent: Method
    linear: Method
    milstein: Method
    rk2: Method
    rk4: Method
    rosenbrock: Method


def __getattr__(name: str) -> Method:
    """An integration method as an object: method=euler."""
    if name in METHOD_OBJECTS:
        return METHOD_OBJECTS[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def clear_cache(target: str = "") -> None:
    """Delete all compiled code that is kept on disk.

    target   accepted: there is one cache for all targets

    >>> import os, tempfile
    >>> from unittest import mock
    >>> from rheobase.brian2 import check_cache, clear_cache
    >>> with (tempfile.TemporaryDirectory() as folder,
    ...       mock.patch.dict(os.environ, RHEOBASE_CACHE_DIR=folder)):
    ...     clear_cache()
    ...     check_cache()
    (0, 0.0)
    """
    disk_cache().clear()


def check_cache(target: str = "") -> tuple[int, float]:
    """How much compiled code is kept on disk: (number of kernels, size in MB).

    >>> from rheobase.brian2 import check_cache
    >>> kernels, megabytes = check_cache()
    >>> kernels >= 0
    True
    """
    files = disk_cache().sizes()
    return len(files), sum(size for _, size, _ in files) / 1e6


class NumpyCodeObject:
    """A choice of Brian 2 for one object (codeobj_class=...), which has no meaning here.

    >>> from rheobase.brian2 import NeuronGroup, NumpyCodeObject
    >>> len(NeuronGroup(2, 'v : 1', codeobj_class=NumpyCodeObject))
    2
    """


class CythonCodeObject:
    """A choice of Brian 2 for one object (codeobj_class=...), which has no meaning here.

    >>> from rheobase.brian2 import CythonCodeObject, NeuronGroup
    >>> len(NeuronGroup(2, 'v : 1', codeobj_class=CythonCodeObject))
    2
    """

    @classmethod
    def is_available(cls) -> bool:
        """False: code in Cython is not compiled here."""
        return False


def test(*options: object, **more: object) -> bool:
    """Run every example of the documentation in this installation; whether all are right.

    options, more   accepted; scripts written for Brian 2 name its code generation targets

    >>> from rheobase.brian2 import test
    >>> callable(test)  # it takes a minute
    True
    """
    failed = attempted = 0
    for found in pkgutil.walk_packages(rheobase.__path__, "rheobase."):
        if found.name.endswith("__main__"):
            continue
        outcome = doctest.testmod(importlib.import_module(found.name), optionflags=_FLAGS)
        failed, attempted = failed + outcome.failed, attempted + outcome.attempted
    print(f"{attempted - failed} of {attempted} lines of examples are right")
    return not failed


class _Units(Mapping[str, Unit]):
    """Every unit by name; each is made when it is first asked for."""

    def __getitem__(self, name: str) -> Unit:
        unit = lookup_unit(name)
        if unit is None:
            raise KeyError(name)
        return unit

    def __iter__(self) -> Iterator[str]:
        return iter([*allunits.__all__, *SHORT_NAMES])

    def __len__(self) -> int:
        return len(allunits.__all__) + len(SHORT_NAMES)


DEFAULT_UNITS: Mapping[str, Unit] = _Units()


def seed(seed: int | None = None) -> None:
    """Start the random numbers again, those of numpy's global generator too.

    seed   any integer >= 0; None: an unpredictable one

    >>> from rheobase.brian2 import rand, seed
    >>> seed(1)
    >>> first = rand()
    >>> seed(1)
    >>> first == rand()
    True
    """
    random.seed(seed)
    np.random.seed(None if seed is None else int(seed) & (2**32 - 1))
