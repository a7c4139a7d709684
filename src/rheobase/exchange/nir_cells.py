"""Which primitive of NIR a group is, found by the structure of its equations.

What counts are the coefficients of the linear equations, not their text. Source of the primitives:
Pedersen et al. 2024, Nat. Commun. 15:8122, Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rheobase.exchange.reading import (
    Worth,
    refuse,
    refuse_extras,
    reset_of,
    threshold_of,
    written_out,
)
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Assign, Compare, Expr, Name, names_in
from rheobase.model.group import Group
from rheobase.model.neurongroup import NeuronGroup

__all__ = ["Cells", "recognised"]

Floats = NDArray[np.float64]

_INPUT = "I"  # what a model calls its input current, where it has one


@dataclass
class Cells:
    """A group as NIR sees it.

    kind         the primitive
    values       its parameters, by their names in NIR; r or w_in may come later
    output       the variable that others see; "" if they see spikes
    into         the variable that spikes change; "" if it takes none
    rate         (n,) 1/s: d(into)/dt = rate * gain * input + ...
    gain         (n,) r, or w_in of the models with a synaptic current; None: not told by equations
    signals      {summed variable: its coefficient in the derivative of into}
    bias         (n,) the constant part of the input
    """

    group: Group
    kind: str
    values: dict[str, Floats] = field(default_factory=dict[str, Floats])
    output: str = ""
    into: str = ""
    rate: Floats = field(default_factory=lambda: np.ones(1))
    gain: Floats | None = None
    signals: dict[str, Floats] = field(default_factory=dict[str, Floats])
    bias: Floats = field(default_factory=lambda: np.zeros(1))


def recognised(group: NeuronGroup, worth: Worth, summed: list[str]) -> Cells:
    """The primitive that a group is, whose variables `summed` are sums over synapses.

    Raises UnsupportedError.
    """
    refuse_extras(group, "NIR")
    if group._refractory_code is not None:
        refuse(group, "NIR has no refractoriness.", "Leave out refractory=.")
    states = sorted(group.equations.diff_eq_names)
    spikes = threshold_of(group) is not None
    if not states:
        return _threshold(group, worth, summed) if spikes else Cells(group, "Input", output="v")
    v, s = _roles(group, states)
    cells = Cells(group, "", output="" if spikes else v, into=s or v)
    inputs = [] if s else summed
    of, rest = _linear(group, worth, v, [v, s] if s else [v], inputs)
    if not ((of[v] < 0).all() or (of[v] == 0).all()):
        refuse(group, f"'{v}' must decay (d{v}/dt = -{v}/tau + ...), or keep its value, in NIR.")
    leaky = bool(of[v].any())
    if not leaky and (s or rest.any()):
        refuse(
            group,
            f"NIR knows '{v}' without a leak only as R*I: no constant current except I, and no "
            "synaptic current.",
        )
    cells.rate = -of[v] if leaky else np.ones(len(group))
    if leaky:
        cells.values |= {"tau_mem" if s else "tau": 1 / cells.rate, "v_leak": rest / cells.rate}
    if s:
        cells.values["r"] = of[s] / cells.rate
        of, rest = _linear(group, worth, s, [s], summed)
        if not (of[s] < 0).all() or rest.any():
            refuse(group, f"The synaptic current '{s}' must decay to 0: d{s}/dt = -{s}/tau.")
        cells.rate = -of[s]
        cells.values["tau_syn"] = 1 / cells.rate
    _add_inputs(cells, group, of, worth, summed)
    if spikes:
        cells.values |= _spiking(group, v, worth)
    cells.kind = ("CubaLI" if s else "LI" if leaky else "I") + ("F" if spikes else "")
    return cells


def _roles(group: NeuronGroup, states: list[str]) -> tuple[str, str]:
    """The membrane potential, and the synaptic current that drives it ("" if there is none)."""
    if len(states) == 1:
        return states[0], ""
    if len(states) == 2:
        a, b = states
        drives = [
            (v, s)
            for v, s in ((a, b), (b, a))
            if s in names_in(written_out(group.equations, v))
            and v not in names_in(written_out(group.equations, s))
        ]
        if drives:
            return drives[0]
    refuse(
        group,
        "NIR has models with a potential, and at most one synaptic current that drives it; this "
        f"one has {', '.join(states)}.",
    )
    raise AssertionError


def _linear(
    group: NeuronGroup, worth: Worth, variable: str, states: list[str], summed: list[str]
) -> tuple[dict[str, Floats], Floats]:
    """The coefficients of states, of I and of sums in a derivative, (n,) each, and the rest."""
    rhs = written_out(group.equations, variable, _INPUT)
    inputs = {_INPUT, *summed} & set(group.equations) & names_in(rhs)
    found = linear_coefficients(rhs, [*states, *sorted(inputs)])
    used = (
        set[str]() if found is None else names_in(found[1]).union(*map(names_in, found[0].values()))
    )
    if found is None or used & group.equations.diff_eq_names:
        refuse(
            group,
            f"NIR has linear equations with constant coefficients only; that of '{variable}' is "
            f"not linear in {', '.join([*states, *sorted(inputs)])}.",
            span=group.equations[variable].span,
        )
    return {name: worth.of(x) for name, x in found[0].items()}, worth.of(found[1])


def _add_inputs(
    cells: Cells, group: NeuronGroup, of: dict[str, Floats], worth: Worth, summed: list[str]
) -> None:
    cells.signals = {name: of[name] for name in summed if name in of}
    if _INPUT not in of:
        return
    cells.gain = of[_INPUT] / cells.rate
    if _INPUT in summed:
        return
    if group.equations[_INPUT].expr is None:
        cells.bias = worth.of(Name(_INPUT))
        return
    found = linear_coefficients(written_out(group.equations, _INPUT), summed)
    if found is None:
        refuse(group, f"In NIR the input '{_INPUT}' is a constant and a sum over synapses.")
    cells.bias = worth.of(found[1])
    for name, factor in found[0].items():
        both = cells.signals.get(name, 0.0) + of[_INPUT] * worth.of(factor)
        cells.signals[name] = both


def _spiking(group: NeuronGroup, v: str, worth: Worth) -> dict[str, Floats]:
    """Threshold and reset of v > x and v = x."""
    level = _exceeded(group, v)
    reset = reset_of(group)
    if level is None or len(reset) != 1 or reset[0].target != v or reset[0].op is not None:
        refuse(
            group,
            f"NIR has thresholds of the form '{v} > x' and resets of the form '{v} = x'; here they "
            f"are '{group.events['spike']}' and '{'; '.join(map(_text, reset))}'.",
        )
    if names_in(reset[0].value) & group.equations.diff_eq_names:
        refuse(group, f"NIR resets '{v}' to a constant, not to '{reset[0].value}'.")
    return {"v_threshold": worth.of(level), "v_reset": worth.of(reset[0].value)}


def _exceeded(group: NeuronGroup, v: str) -> Expr | None:
    """x of the threshold v > x; None if it has another form."""
    match threshold_of(group):
        case Compare(">", Name(name), level) | Compare("<", level, Name(name)) if name == v:
            constant = not names_in(level) & group.equations.diff_eq_names
            return level if constant else None
        case _:
            return None


def _text(statement: Assign) -> str:
    return f"{statement.target} {statement.op or ''}= {statement.value}"


def _threshold(group: NeuronGroup, worth: Worth, summed: list[str]) -> Cells:
    """A group without differential equations that spikes while its input exceeds something."""
    for name in (_INPUT, *summed):
        level = _exceeded(group, name)
        if level is None or reset_of(group):
            continue
        one = np.ones(len(group))
        cells = Cells(group, "Threshold", {"threshold": worth.of(level)}, rate=one)
        _add_inputs(cells, group, {name: one}, worth, summed)
        return cells
    refuse(
        group,
        f"Without differential equations NIR has the Threshold: '{_INPUT} > x', without a reset.",
    )
    raise AssertionError
