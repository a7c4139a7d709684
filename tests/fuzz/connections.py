"""Random calls of connect() against plain Python loops: pair for pair, in order.

    python -m tests.fuzz.connections --n 10000 --seed 1

A case is a few calls for one Synapses object: conditions, one-to-one rules, generators of either
side, index arrays, tables and matrices; p and n as numbers and texts; whole groups, parts and
lists of neurons. A call is made as text together with its meaning: Python's `eval` of the same text
for one pair at a time. After each call the synapses, the number within each pair, the value that
each synapse was given, and the counts of each neuron must be those of the loops, and what a dry run
said before must be so. Where chance decides (0 < p < 1, samples of a size) the loops say which
pairs may be made, and how many.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import rheobase as rb
from tests.fuzz.command import search_options

__all__ = ["check_case", "search"]

Pair = tuple[int, int]
Names = Mapping[str, Any]
CONSTANTS: Names = {"a": 1, "b": 3, "c": 2, "half": 0.5}


class AbsentError(Exception):
    """A rule reaches a neuron that does not exist."""


# ------------------------------------------------------------------ groups as Python sees them
@dataclass(frozen=True)
class Side:
    """The neurons of one side: k holds a number for each."""

    group: Any
    k: Sequence[int]

    def __len__(self) -> int:
        return len(self.k)


def make_side(r: random.Random) -> Side:
    """A group, a part of one, or a list of its neurons."""
    n = r.choice([1, 2, 3, 5, 8, 13])
    group = rb.NeuronGroup(n, "k : integer\nx : 1", name="fuzz*")
    numbers = [r.randrange(4) for _ in range(n)]
    group.k = numbers
    if n > 2 and r.random() < 0.2:
        low = r.randrange(n - 1)
        high = r.randrange(low + 1, n + 1)
        return Side(group[low:high], numbers[low:high])
    if n > 2 and r.random() < 0.15:
        chosen = r.sample(range(n), r.randrange(1, n))
        return Side(group[chosen], [numbers[c] for c in chosen])
    return Side(group, numbers)


# ------------------------------------------------------------------ rules as texts
@dataclass(frozen=True)
class Rules:
    """Texts of random expressions over some names."""

    r: random.Random
    names: tuple[str, ...]

    def whole(self, depth: int = 2) -> str:
        r = self.r
        if depth == 0 or r.random() < 0.3:
            return r.choice([*self.names, *self.names, "a", "b", str(r.randrange(6))])
        left, right = self.whole(depth - 1), self.whole(depth - 1)
        match r.randrange(6):
            case 0:
                return f"({left} % {r.choice(['2', 'b', '5'])})"
            case 1:
                return f"({left} // {r.choice(['2', 'c'])})"
            case 2:
                return f"({left})*{r.choice(['2', 'c', '(-1)'])}"
            case 3:
                return f"abs({left} - {right})"
            case 4:
                return f"({left} - {right})"
            case _:
                return f"({left} + {right})"

    def test(self, depth: int = 1) -> str:
        r = self.r
        if depth and r.random() < 0.35:
            left, right = self.test(depth - 1), self.test(depth - 1)
            return r.choice([f"({left} or {right})", f"(not {left})"])
        relation = r.choice(["<", "<=", ">", ">=", "==", "!=", "!="])
        return f"{self.whole(1)} {relation} {self.whole(1)}"

    def chance(self) -> str:
        """The text of a probability that is 0 or 1."""
        return f"1.0*int({self.test(0)})"


# ------------------------------------------------------------------ what a call should make
@dataclass(frozen=True)
class Made:
    """What a call may make.

    pairs        in order, each with the number of its copies
    p            with which each is made; below 1: some are
    sizes        how many of certain pairs are made
    values       of the variable w
    may_refuse   chance decides whether an absent neuron is met
    """

    pairs: list[tuple[Pair, int]]
    p: float = 1.0
    sizes: list[tuple[list[Pair], int]] | None = None
    values: list[float] | None = None
    may_refuse: bool = False


@dataclass
class Case:
    """Two sides and the calls that were made so far."""

    r: random.Random
    source: Side
    target: Side
    made: list[Pair] = field(default_factory=list[Pair])
    weights: list[float] = field(default_factory=list[float])

    def meaning(self, i: int, j: int, extra: Names) -> dict[str, Any]:
        """The names of a pair; a neuron that is absent has no k."""
        known: dict[str, Any] = {**CONSTANTS, "abs": abs, "int": int, "i": i, "j": j, **extra}
        known |= {"N_pre": len(self.source), "N_post": len(self.target)}
        for name, side, number in (("k_pre", self.source, i), ("k_post", self.target, j)):
            if 0 <= number < len(side):
                known[name] = side.k[number]
        return known

    def value(self, text: str, i: int, j: int, extra: Names) -> Any:
        return eval(text, {"__builtins__": {}}, self.meaning(i, j, extra))


Call = tuple[dict[str, Any], Callable[[], Made]]


def _p_and_n(case: Case, rules: Rules) -> dict[str, Any]:
    r = case.r
    given: dict[str, Any] = {}
    match r.randrange(8):
        case 0:
            given["p"] = r.choice([0, 1, 1.0, 0.0])
        case 1 | 2:
            given["p"] = rules.chance()
        case 3:
            given["p"] = r.choice([0.1, 0.5, 0.9])
        case _:
            pass
    if r.random() < 0.3:
        given["n"] = r.choice([0, 1, 2, 3, f"abs({rules.whole(1)}) % 3", "a + 1"])
    return given


def _number(case: Case, given: Any, pair: Pair, extra: Names) -> Any:
    return case.value(given, *pair, extra) if isinstance(given, str) else given


def _settled(
    case: Case, given: Names, pairs: Sequence[tuple[Pair, dict[str, Any]]], repeat: Sequence[int]
) -> Made:
    """Pairs with the p and n that were given."""
    p, n = given.get("p", 1), given.get("n", 1)
    random_p = p if isinstance(p, float) and 0 < p < 1 else 1.0
    kept: list[tuple[Pair, int]] = []
    for (pair, extra), times in zip(pairs, repeat):
        copies = max(int(_number(case, n, pair, extra)), 0) * times
        if random_p < 1 or _number(case, p, pair, extra) >= 1:
            kept.append((pair, copies))
    return Made(kept, random_p)


def condition_call(case: Case) -> Call:
    """connect(condition, p, n): over sources, then targets."""
    rules = Rules(case.r, ("i", "j", "k_pre", "k_post"))
    tests = [] if case.r.random() < 0.15 else [rules.test() for _ in range(case.r.randrange(1, 3))]
    arguments = _p_and_n(case, rules)
    if tests:
        arguments["condition"] = " and ".join(f"({t})" for t in tests)
    elif case.r.random() < 0.5:
        arguments["condition"] = True

    def made() -> Made:
        everything = [
            ((i, j), dict[str, Any]())
            for i in range(len(case.source))
            for j in range(len(case.target))
            if all(case.value(t, i, j, {}) for t in tests)
        ]
        return _settled(case, arguments, everything, [1] * len(everything))

    return arguments, made


def generator_call(case: Case) -> Call:
    """j='...' or i='...': one candidate, a range, a sample."""
    r = case.r
    side = r.choice("jji")
    outer, inner = (case.source, case.target) if side == "j" else (case.target, case.source)
    near, far = ("i", "j") if side == "j" else ("j", "i")
    k_near, k_far = ("k_pre", "k_post") if side == "j" else ("k_post", "k_pre")
    bounds = Rules(r, (near, k_near))
    loop = r.random() < 0.75
    free = Rules(r, (near, k_near, *(("q",) if loop else ())))
    element = r.choice(["q", "q", free.whole()]) if loop else free.whole()
    parts = [bounds.whole(1) for _ in range(r.randrange(1, 4))]
    if len(parts) == 3:
        parts[2] = r.choice(["1", "2", "-1", "-2", "c", bounds.whole(1)])
    if r.random() < 0.5:
        parts[: len(parts) - (len(parts) == 3)] = (["0"] if len(parts) > 1 else []) + [
            f"N_{'post' if side == 'j' else 'pre'}"
        ]
    kind = r.choice(["range", "range", "p", "chance", "size"]) if loop else "one"
    p: Any = r.choice(["0.0", "1.0", bounds.chance()]) if kind == "p" else r.choice([0.2, 0.7])
    size = bounds.whole(1)
    names = (near, far, k_near, k_far, *(("q",) if loop else ()))
    tests = [bounds.test(0)] if r.random() < 0.3 else []
    tests += [Rules(r, names).test()] if r.random() < 0.5 else []
    near_tests = [t for t in tests if not re.search(rf"\b({far}|{k_far}|q)\b", t)]
    n = {"n": r.choice([0, 2, f"abs({free.whole(1)}) % 3"])} if r.random() < 0.2 else {}
    n = {} if "q" in str(n.get("n", "")) else n
    skip = r.random() < 0.6
    text = element
    source = {"range": "range({})", "size": f"sample({{}}, size={size})", "one": ""}.get(
        kind, f"sample({{}}, p={p})"
    )
    if loop:
        text += f" for q in {source.format(', '.join(parts))}"
    if tests:
        text += " if " + " and ".join(f"({t})" for t in tests)
    arguments: dict[str, Any] = {side: text, "skip_if_invalid": skip, **n}

    def pair_of(own: int, other: int) -> Pair:
        return (own, other) if side == "j" else (other, own)

    def candidates(own: int) -> list[dict[str, Any]]:
        if not loop:
            return [{}]
        at = pair_of(own, -1)
        numbers = [int(case.value(t, *at, {})) for t in parts]
        step = numbers[2] if len(numbers) == 3 else 1
        everything = list(range(*numbers)) if step else []
        if kind == "p" and not _number(case, p, at, {}) >= 1:  # texts of 0 and 1
            return []
        return [{"q": q} for q in everything]

    def begins(own: int) -> bool:
        """Whether an outer element has candidates at all."""
        return all(case.value(t, *pair_of(own, -1), {}) for t in near_tests)

    def of_outer(own: int, absent: list[Pair]) -> Iterator[tuple[Pair, int]]:
        """The pairs of an outer element; those that do not exist go to `absent`."""
        for extra in candidates(own) if begins(own) else []:
            other = int(case.value(element, *pair_of(own, -1), extra))
            pair = pair_of(own, other)
            inside = 0 <= other < len(inner)
            looks = any(re.search(rf"\b{k_far}\b", t) for t in tests)
            if not inside and (looks or all(case.value(t, *pair, extra) for t in tests)):
                absent.append(pair)
            elif inside and all(case.value(t, *pair, extra) for t in tests):
                yield pair, max(int(_number(case, n.get("n", 1), pair, extra)), 0)

    def made() -> Made:
        absent: list[Pair] = []
        rows = [list(of_outer(own, absent)) for own in range(len(outer))]
        every = [x for row in rows for x in row]
        refused = bool(absent) and not skip
        if kind != "size":
            if refused and kind != "chance":
                raise AbsentError
            return Made(every, p if kind == "chance" else 1.0, may_refuse=refused)
        sizes: list[tuple[list[Pair], int]] = []
        for own, row in enumerate(rows):
            n_found = len(candidates(own))
            wanted = int(case.value(size, *pair_of(own, -1), {}))
            if begins(own) and not 0 <= wanted <= n_found and not skip:
                raise AbsentError
            wanted = min(max(wanted, 0), n_found) if begins(own) else 0
            sizes.append(([pair for pair, _ in row], wanted))
        plain = element == "q" and tests == near_tests and not n and not absent
        return Made(every, 0.5, sizes if plain else None, may_refuse=refused)

    return arguments, made


def array_call(case: Case) -> Call:
    """i=..., j=...: numbers, lists and arrays that fit together."""
    r = case.r
    length = r.randrange(1, 9)

    def indices(side: Side) -> Any:
        spread = len(side) + (r.random() < 0.1)
        if r.random() < 0.25:
            return r.randrange(spread)
        found = [r.randrange(spread) for _ in range(length)]
        return r.choice([found, np.array(found), np.array(found, np.uint8), tuple(found)])

    i, j = indices(case.source), indices(case.target)
    rules = Rules(r, ("i", "j", "k_pre", "k_post"))
    arguments = {"i": i, "j": j, "skip_if_invalid": r.random() < 0.3, **_p_and_n(case, rules)}
    if r.random() < 0.2:
        arguments["n"] = [r.randrange(3) for _ in range(length)]

    def made() -> Made:
        n = arguments.get("n", 1)
        listed = np.broadcast_arrays(
            *(np.atleast_1d(x) for x in (i, j, 1 if isinstance(n, str) else n))
        )
        rows = list(zip(*(x.tolist() for x in listed)))
        valid = [(p, q, m) for p, q, m in rows if p < len(case.source) and q < len(case.target)]
        if len(valid) < len(rows) and not arguments["skip_if_invalid"]:
            raise AbsentError
        rest = {k: v for k, v in arguments.items() if k == "p" or isinstance(v, str)}
        pairs = [((p, q), dict[str, Any]()) for p, q, _ in valid]
        return _settled(case, rest, pairs, [m for *_, m in valid])

    return arguments, made


def table_call(case: Case) -> Call:
    """A matrix, or a table with a column for the weights."""
    r = case.r
    length = r.randrange(8)
    i = [r.randrange(len(case.source)) for _ in range(length)]
    j = [r.randrange(len(case.target)) for _ in range(length)]
    w = [round(r.uniform(1, 2), 6) for _ in range(length)]
    kind = r.choice(["columns", "records", "frame", "matrix"])
    rows = list(zip(i, j, w))
    if kind == "columns":
        table: Any = {"i": np.array(i, int), "j": np.array(j, int), "w": np.array(w)}
    elif kind == "records":
        table = np.array(rows, [("i", "i4"), ("j", "i8"), ("w", "f8")])
    elif kind == "frame":
        pandas = __import__("pandas")
        table = pandas.DataFrame({"w": w, "j": np.array(j, int), "i": np.array(i, int)})
    else:
        sparse = __import__("scipy.sparse").sparse
        rows = sorted({(a, b): x for a, b, x in rows}.items())
        rows = [(*pair, x) for pair, x in rows]
        places = ([a for a, *_ in rows], [b for _, b, _ in rows])
        shape = (len(case.source), len(case.target))
        made_of = sparse.coo_array(([x for *_, x in rows], places), shape=shape)
        table = made_of.asformat(r.choice(["coo", "csr", "csc"]))
    arguments = {"table": table} | ({"values": "w"} if kind == "matrix" else {})
    made = Made([((a, b), 1) for a, b, _ in rows], values=[x for *_, x in rows])
    return arguments, lambda: made


FORMS: Sequence[tuple[Callable[[Case], Call], int]] = (
    (condition_call, 4),
    (generator_call, 6),
    (array_call, 4),
    (table_call, 1),
)


# ------------------------------------------------------------------ one case
def _may_be(met: list[Pair], expected: Made) -> str | None:
    """What is wrong with the new synapses; None: nothing."""
    if expected.p == 1:
        wanted = [pair for pair, copies in expected.pairs for _ in range(copies)]
        return None if met == wanted else f"made {met}, wanted {wanted}"
    ends = {0}  # of the synapses that the pairs so far may explain
    for pair, copies in expected.pairs:
        ends |= {e + copies for e in ends if met[e : e + copies] == [pair] * copies}
    if len(met) not in ends:
        return f"{met} are not some of {expected.pairs} in order"
    for pairs, size in expected.sizes or ():
        inside = sum(m in pairs for m in met)
        if inside != size:
            return f"{inside} of {pairs}, wanted {size}"
    return None


def _wrong(case: Case, S: Any, expected: Made | None) -> str | None:
    """What differs from the loops after a call; expected=None: it must not have made any."""
    met = list(zip(S.i[:].tolist(), S.j[:].tolist())) if len(S) else []
    n_old = len(case.made)
    if met[:n_old] != case.made:
        return f"synapses that existed are changed: {case.made} became {met}"
    problem = _may_be(met[n_old:], expected or Made([]))
    if problem:
        return problem
    new = [0.0] * (len(met) - n_old)
    if expected is not None and expected.values is not None:
        new = expected.values
    case.made, case.weights = met, case.weights + new
    if not len(S):
        return None
    seen: Counter[Pair] = Counter()
    copies: list[int] = []
    for pair in met:
        copies.append(seen[pair])
        seen[pair] += 1
    for what, values, wanted in (
        ("copies", S.nth[:].tolist(), copies),
        ("weights", S.w[:].tolist(), case.weights),
        ("N_outgoing", S.N_outgoing_pre.tolist(), _counts(met, 0, len(case.source))),
        ("N_incoming", S.N_incoming_post.tolist(), _counts(met, 1, len(case.target))),
    ):
        if values != wanted:
            return f"{what} are {values}, wanted {wanted} for {met}"
    S.w[n_old:] = np.arange(n_old, len(met)) + 100.0
    case.weights[n_old:] = [k + 100.0 for k in range(n_old, len(met))]
    return None


def _counts(pairs: Sequence[Pair], side: int, n: int) -> list[int]:
    return [sum(pair[side] == k for pair in pairs) for k in range(n)]


@dataclass(frozen=True)
class Outcome:
    """What a case came to: its calls, its synapses, and what is wrong with them."""

    shown: str
    made: list[Pair]
    problem: str | None


def run_case(seed: int, tally: Counter[str]) -> Outcome:
    """One case on the backend that is set."""
    r = random.Random(seed)
    rb.seed(seed)
    source = make_side(r)
    target = source if r.random() < 0.2 else make_side(r)
    case = Case(r, source, target)
    S = rb.Synapses(source.group, target.group, "w : 1", multisynaptic_index="nth", name="fuzz_s*")
    shown = [f"{len(source)} (k={list(source.k)}) to {len(target)} (k={list(target.k)})"]
    for _ in range(r.choice([1, 1, 1, 2, 2, 3])):
        form = r.choices([f for f, _ in FORMS], [weight for _, weight in FORMS])[0]
        arguments, made = form(case)
        shown.append(f"{arguments}")
        try:
            expected = made()
        except AbsentError:
            expected = None
        tally[f"{form.__name__}{' refused' if expected is None else ''}"] += 1
        problem = _after(case, S, arguments, expected)
        if problem:
            return Outcome("; ".join(shown), case.made, problem)
    return Outcome("; ".join(shown), case.made, None)


def _after(case: Case, S: Any, arguments: dict[str, Any], expected: Made | None) -> str | None:
    """Make a call; what is wrong with what it made, or with what a dry run said of it."""
    try:
        announced = S.connect(**arguments, namespace=CONSTANTS, dry_run=True)
    except IndexError:
        announced = None
    n_before = len(S)
    try:
        S.connect(**arguments, namespace=CONSTANTS)
    except IndexError as error:
        if expected is not None and not expected.may_refuse:
            return f"IndexError: {error}"
        return _wrong(case, S, None)
    except Exception as error:  # a call that cannot be made is wrong, too
        return f"{type(error).__name__}: {error}"
    if expected is None:
        return "made synapses of absent neurons"
    return _wrong(case, S, expected) or _differs(announced, len(S) - n_before, expected)


def _differs(announced: Any, n_made: int, expected: Made) -> str | None:
    """What a dry run said wrongly."""
    if announced is None:
        return None if expected.may_refuse else "the dry run was refused"
    if announced.estimated or abs(n_made - announced.synapses) <= 8 * announced.std:
        return None
    return f"made {n_made}, where the dry run said {announced}"


def check_case(seed: int, tally: Counter[str]) -> str | None:
    """One case on both backends; a description of what is wrong, or None."""
    outcomes: dict[str, Outcome] = {}
    for backend in ("llvm", "numpy"):
        rb.set_backend(backend)
        found = outcomes[backend] = run_case(seed, tally)
        if found.problem:
            return f"case {seed}, {backend}, {found.shown}: {found.problem}"
    native, reference = outcomes["llvm"], outcomes["numpy"]
    if native.made != reference.made:
        return f"case {seed}, {native.shown}: {native.made} and {reference.made}"
    return None


def search(n: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How often each form occurred in n cases, and what is wrong."""
    tally = Counter[str]()
    found = [check_case(seed + k, tally) for k in range(n)]
    return tally, [x for x in found if x]


def main() -> None:
    args = search_options(__doc__, 1000)
    rb.BrianLogger.log_level_error()
    began = time.perf_counter()
    tally, found = search(args.n, args.seed)
    print("\n".join(found[:20]))
    forms = ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in sorted(tally.items()))
    print(f"{args.n} cases in {time.perf_counter() - began:.0f} s, {len(found)} wrong ({forms})")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
