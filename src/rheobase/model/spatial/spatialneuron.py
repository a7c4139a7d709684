"""One neuron with a shape, and the parts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rheobase.equations import Equations, SingleEquation
from rheobase.errors import (
    DimensionMismatchError,
    EquationError,
    Fault,
    ModelTypeError,
    ModelValueError,
    labelled,
    raise_faults,
)
from rheobase.integration import MethodChoice
from rheobase.lang.nodes import Binary, Name
from rheobase.model.base import free_name
from rheobase.model.callers import caller_place
from rheobase.model.clock import Clock
from rheobase.model.neurongroup import NeuronGroup
from rheobase.model.spatial.cable import cable
from rheobase.model.spatial.currents import split
from rheobase.model.spatial.diffusion import Diffusion
from rheobase.model.states import Indices
from rheobase.model.subgroup import EventGroup, Subgroup
from rheobase.model.texts import read_equations
from rheobase.morphology import Morphology
from rheobase.units import amp, check_units, cm, farad, metre, ohm, uF

__all__ = ["SpatialNeuron", "SpatialPart", "SpatialSubgroup"]

_OWN = """
v : volt
Cm : farad/meter**2 (constant)
Ri : ohm*meter (constant, shared)
Ic : amp/meter**2
area : meter**2 (constant)
volume : meter**3 (constant)
length : meter (constant)
diameter : meter (constant)
distance : meter (constant)
r_length_1 : meter (constant)
r_length_2 : meter (constant)
time_constant = Cm / gtot__private : second
space_constant = sqrt(diameter / (4 * Ri * gtot__private)) : meter
"""
_OWN_NAMES = frozenset(Equations(_OWN)) - {"v"}
_PLACES = "x : meter (constant)\ny : meter (constant)\nz : meter (constant)"
_METHODS = ("exact", "exponential_euler", "rk2", "heun")
_MEASURES = ("area", "volume", "length", "diameter", "distance", "r_length_1", "r_length_2")


class _Numbers(Indices):
    """Numbers of compartments, counted within the whole neuron."""

    def __init__(self, part: EventGroup) -> None:
        super().__init__(part)
        self._part = part

    def __getitem__(self, item: Any) -> NDArray[Any]:
        return self._part._positions_of(super().__getitem__(item))


class SpatialPart(Subgroup):
    """Some compartments of a spatial neuron: `neuron.axon.main`, `neuron[10*um:50*um]`."""

    @property
    def indices(self) -> Indices:
        """The numbers of the compartments within the whole neuron: `part.indices[:]`."""
        return _Numbers(self)


class _Parts(EventGroup):
    """What a spatial neuron and its subtrees have in common: parts by name and by place."""

    @property
    def _section(self) -> Morphology:
        raise NotImplementedError

    @property
    def main(self) -> SpatialPart:
        """The compartments of the first section alone, without what is attached to it."""
        section = self._section
        first = section.indices.first
        return SpatialPart(self, self._numbers_at(np.arange(first, first + section.n)))

    @property
    def indices(self) -> Indices:
        """The numbers of the compartments within the whole neuron: `neuron.axon.indices[:]`."""
        return _Numbers(self)

    def __getitem__(self, item: Any) -> Subgroup:
        absolute = self._absolute(item)
        if absolute is None:
            return SpatialPart(self, self._chosen(item))
        numbers = self._numbers_at(np.atleast_1d(absolute))
        if (numbers < 0).any():
            raise IndexError(f"{self._label} does not hold all of {item!r}")
        return SpatialPart(self, numbers)

    def _view_indices(self, item: Any) -> NDArray[Any]:
        """(n,) compartments for all that users index with, sections included; () for one place."""
        absolute = self._absolute(item)
        return super()._view_indices(item) if absolute is None else self._numbers_at(absolute)

    def _absolute(self, item: Any) -> NDArray[np.int64] | None:
        """Compartments of a part of the morphology or lengths; () for a place; None for others."""
        if hasattr(item, "_indices"):
            return np.asarray(item._indices())
        ends: list[Any] = [item]
        if isinstance(item, slice):
            bounds = cast("slice[Any, Any, Any]", item)
            ends = [bounds.start, bounds.stop]
        if any(getattr(x, "dim", None) is metre.dim for x in ends):
            return np.asarray(self._section.indices[item])
        return None

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("_") or "_tree" not in self.__dict__:
                raise
            try:
                section = self._section[name]
            except AttributeError:
                section = None
            if section is None:
                raise
            return SpatialSubgroup(self, section)


class SpatialNeuron(_Parts, NeuronGroup):
    """A neuron of compartments, each with the equations of a NeuronGroup, joined by axial currents.

    morphology   the shape: a tree of Soma, Cylinder and Section
    model        equations of a compartment. `Im`, in amp/meter**2, is the current through the
                 membrane, counted inwards: Im = gL*(EL - v) : amp/meter**2. What has the flag
                 (point current), in amp, is added to it, divided by the area of the compartment
    threshold_location   the compartment in which spikes are found: a number, or a place in the
                 morphology (axon[30*um]); None: every compartment spikes for itself
    Cm, Ri       capacitance of the membrane (of all or of each compartment), resistivity inside
    All other arguments are those of NeuronGroup.

    Variables of each compartment: v, Cm, Ic (capacitive current of the last step), area, length,
    diameter, volume, distance, and x, y, z if the morphology has coordinates; time_constant and
    space_constant, sqrt(diameter / (4 Ri g)), follow from the conductance g, `gtot__private`; Ri is
    shared.

    neuron.axon is the subtree of that name, neuron.axon.main its first section alone;
    neuron[10*um:50*um] and neuron[morphology.axon] are compartments by place.

    v is integrated by the backward Euler method, stable for any step, of first order; the method of
    the other equations is chosen as in a NeuronGroup, with v at the beginning of the step. A
    current that is not linear in v is taken as conductance times v plus rest, as it is written.

    Raises EquationError for a model without Im, DimensionMismatchError, ModelTypeError.

    >>> from rheobase import SpatialNeuron, Soma, Cylinder, um, ms, mV, nA, siemens, cm, run
    >>> shape = Soma(diameter=30*um)
    >>> shape.axon = Cylinder(diameter=1*um, n=20, length=200*um)
    >>> neuron = SpatialNeuron(shape, '''
    ...     Im = 1e-4*siemens/cm**2*(-70*mV - v) : amp/meter**2
    ...     I : amp (point current)''')
    >>> neuron.v = -70*mV
    >>> neuron.axon.I[50*um] = 0.01*nA
    >>> run(20*ms)
    >>> bool(neuron.axon.v[50*um] > neuron.v[0])
    True
    """

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    @check_units(Cm=farad / metre**2, Ri=ohm * metre)
    def __init__(
        self,
        morphology: Morphology,
        model: str | Equations,
        threshold: str | None = None,
        refractory: Any = False,
        reset: str | None = None,
        events: Mapping[str, str] | None = None,
        threshold_location: Any = None,
        dt: Any = None,
        clock: Clock | None = None,
        order: int = 0,
        Cm: Any = 0.9 * uF / cm**2,
        Ri: Any = 150 * ohm * cm,
        name: str = "spatialneuron*",
        dtype: Any = None,
        namespace: Mapping[str, Any] | None = None,
        method: MethodChoice | Sequence[MethodChoice] = _METHODS,
        method_options: Mapping[str, object] | None = None,
    ) -> None:
        place = caller_place()
        label = f"{type(self).__name__} '{free_name(name)}'" + (f" ({place})" if place else "")
        if not isinstance(morphology, Morphology):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ModelTypeError(f"{label}: a morphology is a tree of sections, not {morphology!r}")
        if morphology.parent is not None:
            raise ModelValueError(
                f"{label}: {morphology!r} is a part of a tree, whose compartments are counted from "
                "its root: take the root, or morphology.copy_tree()"
            )
        self._tree = morphology.copy_tree()
        self._cable = nodes = cable(self._tree, label)
        self._given = given = read_equations(model, label)
        with labelled(f"{label}, equations"):
            own = _with_point_currents(given)
            self._membrane = split(own.substituted("Im"), "v")
            conductance = f"gtot__private = -({self._membrane[0]}) : siemens/meter**2"
            places = _PLACES if self._tree.x is not None else ""
            own = own + Equations(_OWN) + Equations(conductance) + Equations(places)
        super().__init__(
            nodes.n,
            own,
            method=method,
            method_options=method_options,
            threshold=_at_place(threshold, threshold_location, nodes.n, label),
            reset=reset,
            refractory=refractory,
            events=events,
            namespace=namespace,
            dtype=dtype,
            dt=dt,
            clock=clock,
            order=order,
            name=name,
        )
        self._fill(Cm, Ri)

    def _make_runners(
        self,
        method: MethodChoice | Sequence[MethodChoice],
        options: Mapping[str, object] | None,
    ) -> None:
        super()._make_runners(method, options)
        self._diffusion = Diffusion(self, self._cable, *self._membrane)
        self._contain(self._diffusion)
        self.state_updater.beside["v"] = "backward Euler"

    def _fill(self, Cm: Any, Ri: Any) -> None:
        parts = [c for _, c in self._tree.measured()]
        self.Cm, self.Ri = Cm, Ri
        for name in _MEASURES:
            setattr(self, f"{name}_", np.concatenate([getattr(p, name) for p in parts]))
        if self._tree.x is None:
            return
        unknown = [np.full((len(p.length), 3), np.nan) for p in parts]
        middles = [u if p.middle is None else p.middle for p, u in zip(parts, unknown)]
        self.x_, self.y_, self.z_ = np.concatenate(middles).T

    @property
    def morphology(self) -> Morphology:
        """The shape of the neuron: a copy of what was given."""
        return self._tree

    @property
    def diffusion_state_updater(self) -> Diffusion:
        """What takes the potential through each step."""
        return self._diffusion

    def _warn_of_conflict(self, name: str, meaning: str, namespace: Mapping[str, Any]) -> None:
        """A script may well call its numbers Cm, Ri and diameter, if its equations do not."""
        if name in self._given.identifiers or name not in _OWN_NAMES:
            super()._warn_of_conflict(name, meaning, namespace)

    def _size_text(self) -> str:
        return f"{len(self)} compartments in {self._tree.total_sections} sections"

    @property
    def user_equations(self) -> Equations:
        return self._given

    @property
    def _section(self) -> Morphology:
        return self._tree


class SpatialSubgroup(_Parts, Subgroup):
    """A section of a spatial neuron and all that is attached to it: `neuron.axon`."""

    if TYPE_CHECKING:  # pyright wants both in the class itself, or G.v = '...' makes G.v a str

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: object) -> None: ...

    def __init__(self, group: _Parts, section: Morphology) -> None:
        first = section.indices.first
        self._tree = section
        super().__init__(
            group, group._numbers_at(np.arange(first, first + section.total_compartments))
        )

    @property
    def _section(self) -> Morphology:
        return self._tree


def _with_point_currents(given: Equations) -> Equations:
    """The equations with all point currents within Im."""
    faults = list(_faults(given))
    raise_faults(faults)
    points = [e.varname for e in given.values() if "point current" in e.flags]
    current = given["Im"].expr
    assert current is not None
    for name in points:
        current = Binary("+", current, Binary("/", Name(name), Name("area")))
    sum_of_all = replace(given["Im"], expr=current, code="")
    return Equations([sum_of_all if e.varname == "Im" else _unflagged(e) for e in given.values()])


def _unflagged(equation: SingleEquation) -> SingleEquation:
    """The equation without the flag (point current)."""
    pairs = zip(equation.flags, equation.flag_spans)
    kept = [(flag, span) for flag, span in pairs if flag != "point current"]
    flags, spans = tuple(f for f, _ in kept), tuple(s for _, s in kept)
    return replace(equation, flags=flags, flag_spans=spans)


def _faults(given: Equations) -> Sequence[Fault]:
    found = given.get("Im")
    if found is None or found.type != "subexpression":
        hint = "For instance: Im = gL*(EL - v) : amp/meter**2"
        message = "The model has no equation for the current through the membrane, 'Im'."
        return [Fault(ModelTypeError, message, None if found is None else found.name_span, hint)]
    faults: list[Fault] = []
    if found.flags:
        faults.append(Fault(EquationError, "'Im' has no flags.", found.name_span))
    wanted = [(found, (amp / metre**2).dim)]
    wanted += [(e, amp.dim) for e in given.values() if "point current" in e.flags]
    for e, dim in wanted:
        if e.dim is not dim:
            kind = "A point current" if e is not found else "The current through the membrane"
            message = f"{kind} is in {dim}, but '{e.varname}' is in {e.dim}."
            faults.append(Fault(DimensionMismatchError, message, e.name_span))
    return faults


def _at_place(threshold: str | None, place: Any, n: int, label: str) -> str | None:
    """The condition, where it counts."""
    if place is None:
        return threshold
    numbers = np.atleast_1d(place._indices() if hasattr(place, "_indices") else place)
    if numbers.shape != (1,):
        raise AttributeError(
            f"{label}: threshold_location is one compartment, such as morphology.axon[30*um], "
            f"not {len(numbers)}"
        )
    if threshold is None:
        raise ModelValueError(f"{label}: threshold_location without a threshold")
    if not 0 <= int(numbers[0]) < n:
        raise ModelValueError(f"{label}: there is no compartment {numbers[0]} among {n}")
    return f"({threshold}) and i == {int(numbers[0])}"
