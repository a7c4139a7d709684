"""The equations of a model, as users write, combine and print them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple

from rheobase.equations.graph import dependency_order, subexpression_faults
from rheobase.equations.identifiers import (
    IdentifierCheck,
    identifier_faults,
    register_identifier_check,
)
from rheobase.equations.latex import latex_equation
from rheobase.equations.lines import parse_lines
from rheobase.equations.single import EquationType, SingleEquation, is_noise
from rheobase.equations.substitution import Replacement, substituted_equations
from rheobase.equations.units import NameGiver, check_units_in
from rheobase.errors import (
    EquationError,
    Fault,
    ModelSyntaxError,
    Source,
    Span,
    did_you_mean,
    raise_faults,
)
from rheobase.lang.fold import linear_coefficients
from rheobase.lang.nodes import Call, Expr, Name, names_in, substitute, walk
from rheobase.units.dimensions import Dimension

__all__ = ["Dependency", "Equations"]

_FLAG_HOMES: Final[dict[str, tuple[EquationType, ...]]] = {
    "unless refractory": ("differential equation",),
    "event-driven": ("differential equation",),
    "clock-driven": ("differential equation",),
    "constant": ("parameter",),
    "linked": ("parameter",),
    "shared": ("parameter", "subexpression"),
    "constant over dt": ("subexpression",),
    "summed": ("subexpression",),
    "point current": ("differential equation", "parameter", "subexpression"),
}


class Dependency(NamedTuple):
    """One thing that an equation uses.

    via   the subexpressions through which it does, outermost first; () if directly
    """

    equation: SingleEquation
    via: tuple[str, ...] = ()


class Equations(Mapping[str, SingleEquation]):
    """A set of equations: a mapping from names to `SingleEquation`, in the order of the text.

    equations      the text, one or several lines of the forms
                       dx/dt = expression : unit (flags)
                       x = expression : unit (flags)
                       x : unit (flags)
                   or a sequence of SingleEquation
    replacements   name='other' renames, name=value puts the value in its place

    Raises ModelError with every fault of the text: ModelSyntaxError for expressions and for names
    that cannot be used, EquationError for everything else.

    >>> from rheobase import Equations
    >>> print(Equations("dg/dt = -g / tau : siemens", g="g_e", tau="tau_e"))
    dg_e/dt = -g_e / tau_e  : S
    """

    def __init__(
        self, equations: str | Iterable[SingleEquation] = "", /, **replacements: Replacement
    ) -> None:
        faults: list[Fault] = []
        if isinstance(equations, str):
            found, faults = parse_lines(Source(equations))
        else:
            found = _checked_list(equations)
        if replacements and not faults:
            found, faults = substituted_equations(found, replacements)
        faults.extend(_set_faults(found))
        raise_faults(sorted(faults, key=_place))
        self._equations: dict[str, SingleEquation] = {eq.varname: eq for eq in found}
        self._order = dependency_order(self._equations).names  # of subexpressions
        self._resolved: dict[str, Expr] = {}

    # ---------------------------------------------------------------- a mapping
    def __getitem__(self, name: str) -> SingleEquation:
        return self._equations[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._equations)

    def __len__(self) -> int:
        return len(self._equations)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Equations):
            return NotImplemented
        return self._equations == other._equations

    def __hash__(self) -> int:
        return hash(frozenset(self._equations.values()))

    def __add__(self, other: Equations | str) -> Equations:
        if isinstance(other, str):
            other = Equations(other)
        if not isinstance(other, Equations):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return Equations([*self.values(), *other.values()])

    def __radd__(self, other: str) -> Equations:
        return Equations(other) + self

    def substitute(self, **replacements: Replacement) -> Equations:
        """New equations, with names replaced by other names or by values."""
        return Equations(list(self.values()), **replacements)

    @staticmethod
    def register_identifier_check(check: IdentifierCheck) -> None:
        """Let `check(name)` see every variable name of equations made from now on; it refuses one
        by raising SyntaxError or ValueError with the reason."""
        register_identifier_check(check)

    # ---------------------------------------------------------------- names
    def _of(self, *types: EquationType) -> dict[str, SingleEquation]:
        return {name: eq for name, eq in self._equations.items() if eq.type in types}

    @property
    def names(self) -> Set[str]:
        """Every name that the equations define. Like all sets of names here, in the order of the
        text."""
        return self._equations.keys()

    @property
    def diff_eq_names(self) -> Set[str]:
        """The names of variables with a differential equation."""
        return self._of("differential equation").keys()

    @property
    def subexpr_names(self) -> Set[str]:
        """The names of subexpressions."""
        return self._of("subexpression").keys()

    @property
    def parameter_names(self) -> Set[str]:
        """The names of parameters."""
        return self._of("parameter").keys()

    @property
    def eq_names(self) -> Set[str]:
        """Names of differential equations and subexpressions."""
        return self._of("differential equation", "subexpression").keys()

    @property
    def diff_eq_expressions(self) -> list[tuple[str, Expr]]:
        """(name, right-hand side) of each differential equation, in order."""
        return [(n, eq.expr) for n, eq in self._of("differential equation").items() if eq.expr]

    @property
    def eq_expressions(self) -> list[tuple[str, Expr]]:
        """(name, right-hand side) of each differential equation and subexpression, in order."""
        return [(n, eq.expr) for n, eq in self._equations.items() if eq.expr]

    def expressions(self) -> list[Expr]:
        """Every right-hand side as it is written, in order."""
        return [expr for _, expr in self.eq_expressions]

    @property
    def identifiers(self) -> frozenset[str]:
        """What the right-hand sides use and the equations do not define, functions included."""
        used: set[str] = set()
        for _, expr in self.eq_expressions:
            used |= names_in(expr)
            used |= {node.function for node in walk(expr) if isinstance(node, Call)}
        return frozenset(used - self.names)

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """Name -> dimension of the variable."""
        return {name: eq.dim for name, eq in self._equations.items()}

    # ---------------------------------------------------------------- noise
    @property
    def stochastic_variables(self) -> frozenset[str]:
        """The names of white noise that occur: xi, xi_..."""
        return frozenset(filter(is_noise, self.identifiers))

    @property
    def is_stochastic(self) -> bool:
        """Whether any equation has noise (xi)."""
        return bool(self.stochastic_variables)

    @property
    def stochastic_type(self) -> str | None:
        """None without noise; "multiplicative" where a factor of the noise changes with time or
        with a state variable, "additive" otherwise.

        Raises EquationError where the noise does not enter linearly.
        """
        noise = self.stochastic_variables
        if not noise:
            return None
        changing = {*self.diff_eq_names, "t", "t_in_timesteps", *noise}
        kind = "additive"
        for name in self.diff_eq_names:
            parts = linear_coefficients(self.substituted(name), noise)
            if parts is None:
                fault = Fault(
                    EquationError,
                    f"The noise in the equation for '{name}' does not enter linearly.",
                    self._noise_span(name),
                    "Noise is multiplied by a factor and added: f(x) + g(x)*xi.",
                )
                raise_faults([fault])
                continue
            if any(names_in(factor) & changing for factor in parts[0].values()):
                kind = "multiplicative"
        return kind

    def _noise_span(self, name: str) -> Span:
        expr = self._equations[name].expr
        spans = (
            [n.span for n in walk(expr) if isinstance(n, Name) and is_noise(n.id)] if expr else []
        )
        return spans[0] if spans else self._equations[name].span

    # ---------------------------------------------------------------- what depends on what
    def substituted(self, name: str) -> Expr:
        """The right-hand side of `name`, with subexpressions in place of their names.

        Subexpressions 'constant over dt' stay: they are variables, computed once a step.
        Raises KeyError if nothing of this name has a right-hand side.
        """
        expr = self._equations[name].expr
        if expr is None:
            raise KeyError(f"'{name}' is a parameter: it has no expression")
        if name not in self._resolved:
            # those used by others come first, so that each is put in complete
            for other in (*self._order, name):
                self._resolve(other)
        return self._resolved[name]

    def _resolve(self, name: str) -> None:
        expr = self._equations[name].expr
        if expr is None or name in self._resolved:
            return
        inner = {n: self._resolved[n] for n in names_in(expr) if self._is_replaced(n)}
        self._resolved[name] = substitute(expr, inner) if inner else expr

    def _is_replaced(self, name: str) -> bool:
        eq = self._equations.get(name)
        return eq is not None and eq.is_replaced

    def get_substituted_expressions(
        self, variables: object = None, include_subexpressions: bool = False
    ) -> list[tuple[str, Expr]]:
        """(name, right-hand side with subexpressions put in) of each differential equation.

        variables   not used: names need not be resolved for this
        include_subexpressions   also of each subexpression, those used by others first
        """
        wanted = self.eq_names if include_subexpressions else self.diff_eq_names
        names = [n for n in self.ordered_names if n in wanted]
        return [(n, self.substituted(n)) for n in names]

    @property
    def ordered_names(self) -> list[str]:
        """Subexpressions, each behind those that it uses; then differential equations, then
        parameters."""
        rest = [*self._of("differential equation"), *self._of("parameter")]
        return [*self._order, *rest]

    @property
    def dependencies(self) -> dict[str, list[Dependency]]:
        """Name of each equation with a right-hand side -> what it uses of this set, directly and
        through subexpressions."""
        return {name: list(self._dependencies(name, ())) for name in self.eq_names}

    def _dependencies(self, name: str, via: tuple[str, ...]) -> Iterator[Dependency]:
        used = self._equations[name].identifiers
        for other, eq in self._equations.items():
            if other not in used:
                continue
            yield Dependency(eq, via)
            if eq.type == "subexpression":
                yield from self._dependencies(other, (*via, other))

    # ---------------------------------------------------------------- checks for objects
    def check_units(self, group: NameGiver, run_namespace: Mapping[str, Any] | None = None) -> None:
        """Check the units of every equation, as a group of these names would be checked.

        group           whose variables and own namespace the equations may use
        run_namespace   further names, behind those of the group; None: no others
        Raises DimensionMismatchError, UnknownNameError for a name that nothing defines.

        >>> from rheobase import Equations, NeuronGroup, ms
        >>> equations = Equations("dv/dt = -v/tau : volt")
        >>> equations.check_units(NeuronGroup(1, equations), {"tau": 10*ms})
        """
        check_units_in(self, group, run_namespace or {})

    def check_flags(
        self,
        allowed_flags: Mapping[str, Collection[str]],
        incompatible_flags: Iterable[Collection[str]] = (),
    ) -> None:
        """Raise EquationError for every flag that stands where it has no meaning.

        allowed_flags        type of equation -> its flags: {"parameter": ("constant", "shared")}
        incompatible_flags   sets of flags of which an equation has at most one
        """
        faults: list[Fault] = []
        groups = [frozenset(group) for group in incompatible_flags]
        for eq in self.values():
            allowed = allowed_flags.get(eq.type, ())
            for flag, span in _placed_flags(eq):
                if flag not in allowed:
                    faults.append(_flag_fault(eq, flag, span, allowed_flags))
            for group in groups:
                met = [f for f in eq.flags if f in group]
                if len(met) > 1:
                    span = eq.flag_spans[0].to(eq.flag_spans[-1]) if eq.flag_spans else eq.span
                    pair = "' and '".join(met)
                    text = f"The flags '{pair}' of '{eq.varname}' exclude each other."
                    faults.append(Fault(EquationError, text, span))
        raise_faults(faults)

    def check_stateful(self, is_stateful: Callable[[str], bool]) -> None:
        """Raise ModelSyntaxError for subexpressions with random numbers that are not
        'constant over dt': each use would draw another one.

        is_stateful   tells for the name of a function whether two calls may differ
        """
        faults: list[Fault] = []
        for name, eq in self._of("subexpression").items():
            if eq.expr is None or "constant over dt" in eq.flags:
                continue
            for node in walk(eq.expr):
                if isinstance(node, Call) and is_stateful(node.function):
                    text = (
                        f"'{name}' would be evaluated at each use, and {node.function}() would "
                        "give another number each time."
                    )
                    hint = "Add the flag (constant over dt): one number for each step."
                    faults.append(Fault(ModelSyntaxError, text, node.span, hint))
                    break
        raise_faults(faults)

    # ---------------------------------------------------------------- printing
    def __str__(self) -> str:
        return "\n".join(str(eq) for eq in self.values())

    def __repr__(self) -> str:
        return f"<Equations: {len(self)} equation{'s' if len(self) != 1 else ''}>"

    def _repr_latex_(self) -> str:
        rows = " \\\\\n".join(latex_equation(eq) for eq in self.values())
        return rf"\begin{{align*}}{rows}\end{{align*}}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows for a set of equations as the value of a cell."""
        if cycle:
            raise AssertionError("equations do not contain themselves")
        printer.text(str(self))


# -------------------------------------------------------------------- checks of a whole set
def _checked_list(equations: Iterable[SingleEquation]) -> list[SingleEquation]:
    found: list[SingleEquation] = []
    if not isinstance(equations, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"equations are a string or a sequence, not {type(equations).__name__}")
    for eq in equations.values() if isinstance(equations, Equations) else equations:
        if not isinstance(eq, SingleEquation):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a list of equations holds SingleEquation, not {type(eq).__name__}")
        found.append(eq)
    return found


def _place(fault: Fault) -> int:
    return fault.span.start if fault.span else 0


def _set_faults(equations: Sequence[SingleEquation]) -> list[Fault]:
    faults: list[Fault] = []
    defined: dict[str, SingleEquation] = {}
    for eq in equations:
        faults.extend(identifier_faults(eq.varname, eq.name_span, "summed" in eq.flags))
        first = defined.setdefault(eq.varname, eq)
        if first is not eq:
            hint = f"The first definition is: {first}"
            if {first.type, eq.type} == {"differential equation", "subexpression"}:
                hint += f"\n  A starting value is given to the object: group.{eq.varname} = ..."
            faults.append(
                Fault(EquationError, f"'{eq.varname}' is defined twice.", eq.name_span, hint)
            )
    faults.extend(_noise_faults(equations))
    return [*faults, *subexpression_faults(defined)]


def _noise_faults(equations: Sequence[SingleEquation]) -> Iterator[Fault]:
    plain: SingleEquation | None = None
    for eq in equations:
        noise = (
            [n for n in walk(eq.expr) if isinstance(n, Name) and is_noise(n.id)] if eq.expr else []
        )
        if noise and "constant over dt" in eq.flags:
            yield Fault(
                EquationError,
                f"'{noise[0].id}' is white noise: it has no value that could be kept over a step.",
                noise[0].span,
                "Leave out the flag (constant over dt), or use randn() instead.",
            )
            continue
        xi = next((n for n in noise if n.id == "xi"), None)
        if xi is None:
            continue
        if plain is not None:
            yield Fault(
                EquationError,
                f"'xi' is used for '{eq.varname}' and for '{plain.varname}'.",
                xi.span,
                "Write xi_1 and xi_2 for independent noise, or the same xi_... in both for one "
                "noise.",
            )
        plain = plain or eq


def _placed_flags(eq: SingleEquation) -> list[tuple[str, Span]]:
    spans = eq.flag_spans if len(eq.flag_spans) == len(eq.flags) else (eq.span,) * len(eq.flags)
    return list(zip(eq.flags, spans))


def _flag_fault(
    eq: SingleEquation, flag: str, span: Span, allowed_flags: Mapping[str, Collection[str]]
) -> Fault:
    allowed = sorted(allowed_flags.get(eq.type, ()))
    listed = ", ".join(f"({f})" for f in allowed)
    rule = f"Here a {eq.type} may have {listed}." if allowed else f"Here a {eq.type} has no flags."
    homes = [t for t, flags in allowed_flags.items() if flag in flags]
    if homes:
        return Fault(
            EquationError,
            f"The flag '{flag}' belongs to a {' or '.join(homes)}; '{eq.varname}' is a {eq.type}.",
            span,
            rule,
        )
    if flag in _FLAG_HOMES:
        message = f"The flag '{flag}' has no meaning in this object."
        return Fault(EquationError, message, span, rule)
    words = [f for f in _FLAG_HOMES if f in flag]
    if len(words) > 1:
        message = f"'{flag}' is not a flag: a comma is missing."
        return Fault(EquationError, message, span, rule)
    near = did_you_mean(flag, {*_FLAG_HOMES, *allowed})
    return Fault(EquationError, f"There is no flag '{flag}'.", span, f"{near} {rule}".strip())
