"""One runner for each iteration domain: what a call of a kernel does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rheobase.backends.reference.access import Together, together
from rheobase.backends.reference.code import Code, Elements, Position, draw
from rheobase.backends.reference.philox import Words, uniform
from rheobase.ir.domains import (
    DENSE,
    GRANULE,
    LONGEST_GAP,
    N_GAPS,
    Bernoulli,
    Calendar,
    Chosen,
    DelayRows,
    Deliver,
    Elementwise,
    Events,
    Gaps,
    Generate,
    Index,
    Indexed,
    IndexList,
    Part,
    Propagate,
    Push,
    Python,
    Range,
    Record,
    Reduce,
    Replay,
    Sample,
    SampleSize,
    Select,
    Sometimes,
    WhenDue,
)
from rheobase.ir.evaluate import Value
from rheobase.ir.kernels import Kernel, Stream
from rheobase.ir.program import Control, Status
from rheobase.ir.slots import Slot

__all__ = ["Runner", "runner"]

Runner: TypeAlias = Callable[[Control], Status]
Ints: TypeAlias = NDArray[Any]


def runner(kernel: Kernel, one_by_one: bool) -> Runner:
    """What a call of the kernel does.

    one_by_one   run every element alone, also where many may run together
    """
    grain = Together.NOTHING if one_by_one else together(kernel)
    code = Code(kernel)
    match kernel.domain:
        case Elementwise() as domain:
            return _elementwise(code, domain, grain)
        case Sometimes() as domain:
            return _sometimes(code, domain, grain)
        case WhenDue() as domain:
            return _when_due(code, domain, grain)
        case Select() as domain:
            return _select(code, domain, grain)
        case Bernoulli() as domain:
            return _bernoulli(code, domain, grain)
        case Indexed() as domain:
            return _indexed(code, domain, grain)
        case Propagate() as domain:
            return _propagate(code, domain, grain)
        case Reduce() as domain:
            return _reduce(code, domain, grain)
        case Deliver() as domain:
            return _deliver(code, domain, grain)
        case Record() as domain:
            return _record(code, domain, grain)
        case Push() as domain:
            return lambda control: _push(domain, control)
        case Replay() as domain:
            return lambda control: _replay(domain)
        case Generate() as domain:
            return _Generator(code, domain, not one_by_one).run
        case Python():
            return lambda control: Status.PYTHON


def _scalar(slot: Slot) -> int:
    return int(slot.data[0])


def _bounds(part: Part) -> tuple[int, int]:
    first = _scalar(part.first)
    return first, first + _scalar(part.size)


def _listed(events: IndexList) -> Ints:
    return events.indices.data[: _scalar(events.count)]


def _within(numbers: Ints, part: Part) -> Ints:
    if not len(numbers):
        return numbers
    first, last = _bounds(part)
    inside = numbers[(numbers >= first) & (numbers < last)]
    return inside[part.numbers.data[inside] >= 0] if isinstance(part, Chosen) else inside


# ------------------------------------------------------------------ element by element
def _elementwise(code: Code, domain: Elementwise, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, last = _bounds(domain.part)
        if first < last:
            elements = Elements(last - first, own=slice(first, last, None), origin=first)
            code.results(values, elements, grain is Together.ALL)
        return Status.DONE

    return run


def _sometimes(code: Code, domain: Sometimes, grain: Together) -> Runner:
    over_all = _elementwise(code, Elementwise(domain.part), grain)

    def run(control: Control) -> Status:
        is_now = _scalar(domain.step) & _scalar(domain.mask) == 0
        return over_all(control) if is_now else Status.DONE

    return run


def _when_due(code: Code, domain: WhenDue, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, last = _bounds(domain.part)
        entries, now = domain.calendar.entries.data, domain.calendar.t.data[0]
        granules = np.arange(first // GRANULE, -(-last // GRANULE))
        due = granules[entries[granules] <= now]
        numbers = (due[:, np.newaxis] * GRANULE + np.arange(GRANULE)).ravel()
        numbers = numbers[(numbers >= first) & (numbers < last)]
        if len(numbers):
            entries[due] = np.inf
            elements = Elements(len(numbers), own=numbers, origin=first)
            (when,) = code.results(values, elements, grain is Together.ALL)
            _enter(domain.calendar, numbers, when)
        return Status.DONE

    return run


def _enter(calendar: Calendar, numbers: Ints, when: Value) -> None:
    """The elements are to be looked at from these times on."""
    np.fmin.at(calendar.entries.data, numbers // GRANULE, when)


def _select(code: Code, domain: Select, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, last = _bounds(domain.part)
        n = 0
        if first < last:
            elements = Elements(last - first, own=slice(first, last, None), origin=first)
            (chosen,) = code.results(values, elements, grain is Together.ALL)
            found = np.flatnonzero(chosen) + first
            n = len(found)
            domain.out.indices.data[:n] = found
        domain.out.count.data[0] = n
        return Status.DONE

    return run


def _bernoulli(code: Code, domain: Bernoulli, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, last = _bounds(domain.part)
        n = last - first
        domain.out.count.data[0] = 0
        if n <= 0:
            return Status.DONE
        elements = Elements(n, own=slice(first, last, None), origin=first)
        (found,) = code.results(values, elements, grain is Together.ALL)
        p = np.minimum(np.broadcast_to(found, n), 1.0)
        chosen = _chosen_with(code.kernel.stream, p, domain.gaps) + first
        domain.out.indices.data[: len(chosen)] = chosen
        domain.out.count.data[0] = len(chosen)
        return Status.DONE

    return run


def _chosen_with(stream: Stream | None, p: NDArray[np.float64], gaps: Gaps) -> Ints:
    """The numbers of the elements that are chosen; see ir/domains.Bernoulli."""
    assert stream is not None
    step = int(stream.step.data[0]) - int(stream.state.data[2])
    greatest = float(np.fmax.reduce(p, initial=0.0))
    begins = _begins_anew(stream, greatest, gaps)
    if greatest > DENSE:
        return np.flatnonzero(uniform(draw(stream, np.arange(len(p)), 0, step)) < p)
    if greatest <= 0:
        return np.zeros(0, np.int64)
    candidates = _candidates(stream, len(p), begins, gaps)
    u = uniform(draw(stream, candidates, 1, step))
    return candidates[greatest * u < p[candidates]]


def _begins_anew(stream: Stream, greatest: float, gaps: Gaps) -> bool:
    """Whether a gap begins with this step, since the stream or the probability has changed."""
    counts, numbers = gaps.counts.data, gaps.numbers.data
    if counts[5] == 1:
        counts[5] = 0
    same_stream = np.array_equal(counts[2:5], stream.state.data)
    if same_stream and numbers[0] == greatest:
        return False
    if not same_stream:
        counts[0], counts[2:5] = 0, stream.state.data
    numbers[0] = greatest
    if 0 < greatest <= DENSE:
        numbers[1] = 1 / np.log1p(-greatest)
        _keep_gaps(numbers)
    return True


def _candidates(stream: Stream, n: int, begins: bool, gaps: Gaps) -> Ints:
    """Positions < n."""
    counts, found = gaps.counts.data, list[int]()
    position = -1 + _gap(stream, gaps) if begins else int(counts[1])
    while position < n:
        found.append(position)
        position += _gap(stream, gaps)
    counts[1] = position - n
    return np.array(found, np.int64)


def _gap(stream: Stream, gaps: Gaps) -> int:
    counts, numbers = gaps.counts.data, gaps.numbers.data
    m = int(counts[0])
    if m % N_GAPS == 0:
        words = draw(stream, np.arange(8), 0xFFFF, m // N_GAPS)
        u = np.concatenate([uniform(words), uniform(words, 1)])
        numbers[2 : 2 + N_GAPS] = np.log(1 - u)
        _keep_gaps(numbers)
    counts[0] = m + 1
    return int(numbers[2 + N_GAPS + m % N_GAPS])


def _keep_gaps(numbers: NDArray[np.float64]) -> None:
    """Write the gaps of the logarithms, for the present probability."""
    gaps = np.floor(numbers[2 : 2 + N_GAPS] * numbers[1])
    numbers[2 + N_GAPS :] = 1 + np.minimum(gaps, LONGEST_GAP)


def by_gaps(n: int, p: float, words_of: Callable[[Ints], Words]) -> Ints:
    """Positions < n, each chosen with probability p, by geometric gaps."""
    if not p > 0:
        return np.zeros(0, np.int64)
    if p >= 1:
        return np.arange(n)
    chosen: list[Ints] = []
    last, m = -1, 0
    while last < n:
        chunk = int((n - last) * p * 1.1) + 8
        number = np.arange(m, m + chunk)
        words = words_of(number >> 4 << 3 | number & 7)
        u = np.where(number & 8, uniform(words, 1), uniform(words))
        gaps = 1 + np.floor(np.log(1 - u) * (1 / np.log1p(-p)))
        found = last + np.cumsum(np.minimum(gaps, n + 1.0).astype(np.int64))
        chosen.append(found)
        last, m = int(found[-1]), m + chunk
    positions = np.concatenate(chosen)
    return positions[positions < n]


def _indexed(code: Code, domain: Indexed, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        entries = _within(_listed(domain.list), domain.part)
        if len(entries):
            elements = Elements(len(entries), own=entries)
            results = code.results(values, elements, grain is Together.ALL)
            if domain.calendar is not None:
                _enter(domain.calendar, entries, results[0])
        return Status.DONE

    return run


def _deliver(code: Code, domain: Deliver, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        n = _scalar(domain.count)
        if n:
            own, pre, post = (x.data[:n] for x in (domain.synapses, domain.pre, domain.post))
            elements = Elements(n, own=own, pre=pre, post=post)
            code.results(values, elements, grain is Together.ALL)
        return Status.DONE

    return run


def _record(code: Code, domain: Record, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        if domain.list is None or domain.part is None:
            n, elements = 1, Elements(None, own=0)
        else:
            entries = _within(_listed(domain.list), domain.part)
            n, elements = len(entries), Elements(len(entries), own=entries)
        used = _scalar(domain.cursor)
        if domain.buffers and used + n > len(domain.buffers[0]):
            control.data[2] = used + n
            return Status.GROW
        results = code.results(code.once(), elements, grain is Together.ALL)
        for buffer, column in zip(domain.buffers, results):
            buffer.data[used : used + n] = column
        domain.cursor.data[0] = used + n
        return Status.DONE

    return run


# ------------------------------------------------------------------ event logs
def _push(domain: Push, control: Control) -> Status:
    entries, starts = domain.log.entries.data, domain.log.starts.data
    step = _scalar(domain.step)
    new = _listed(domain.list)
    if domain.part is not None:
        new = _within(new, domain.part)
    begin = int(starts[step & (len(starts) - 1)])
    end = begin + len(new)
    oldest = int(starts[(step - _scalar(domain.log.reach)) & (len(starts) - 1)])
    if end - oldest > len(entries):
        control.data[2] = end - oldest
        return Status.GROW
    entries[np.arange(begin, end) & (len(entries) - 1)] = new
    starts[(step + 1) & (len(starts) - 1)] = end
    return Status.DONE


def _replay(domain: Replay) -> Status:
    step, period = _scalar(domain.step), _scalar(domain.period)
    if period > 0:
        step %= period
    first, last = np.searchsorted(domain.steps.data, [step, step + 1])
    found = domain.entries.data[first:last]
    domain.out.indices.data[: len(found)] = found
    domain.out.count.data[0] = len(found)
    return Status.DONE


def _events(events: Events, delay: int | None = None) -> Ints:
    """The events of `delay` steps ago, or of events.delay."""
    if events.log is None or events.delay is None or events.step is None:
        return _listed(events.current)
    delay = _scalar(events.delay) if delay is None else delay
    step = _scalar(events.step) - delay
    if events.window is not None:
        since, until = events.window.data.tolist()
        if step < since or step + delay >= until:
            return np.zeros(0, np.int32)
    if delay == 0:
        return _listed(events.current)
    entries, starts = events.log.entries.data, events.log.starts.data
    begin, end = starts[step & (len(starts) - 1)], starts[(step + 1) & (len(starts) - 1)]
    return entries[np.arange(begin, end) & (len(entries) - 1)]


# ------------------------------------------------------------------ synapses
def _propagate(code: Code, domain: Propagate, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, delays = _scalar(domain.part.first), domain.delays
        if delays is None:
            events = _within(_events(domain.events), domain.part)
            if len(events):
                _run_rows(code, domain, grain, values, events, *_whole(domain, events - first))
            return Status.DONE
        for k, delay in enumerate(delays.steps.data.tolist()):
            events = _within(_events(domain.events, delay), domain.part)
            if not len(events):
                continue
            found, starts, ends = _segments(delays, k, events - first)
            if found.any():
                _run_rows(code, domain, grain, values, events[found], starts, ends)
        return Status.DONE

    return run


def _whole(domain: Propagate | Reduce, rows: Ints) -> tuple[Ints, Ints]:
    """The first entry of each row, and the one behind its last."""
    return domain.rows.data[rows], domain.rows.data[rows + 1]


def _segments(delays: DelayRows, k: int, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Which rows have entries of delay k; the first entry of each, and the one behind its last."""
    words = rows * (-(-len(delays.steps) // 64)) + k // 64
    masks = delays.masks.data[words].view(np.uint64)
    bit = np.uint64(1) << np.uint64(k % 64)
    found = (masks & bit) != 0
    below = np.ascontiguousarray(masks[found] & (bit - np.uint64(1)))
    n_below = np.unpackbits(below.view(np.uint8)).reshape(-1, 64).sum(axis=1, dtype=np.int64)
    segments = delays.ranks.data[words[found]] + n_below
    return found, delays.starts.data[segments], delays.starts.data[segments + 1]


def _reduce(code: Code, domain: Reduce, grain: Together) -> Runner:
    def run(control: Control) -> Status:
        values = code.once()
        first, last = _bounds(domain.part)
        if first < last:
            neurons = np.arange(first, last)
            _run_rows(code, domain, grain, values, neurons, *_whole(domain, neurons - first))
        return Status.DONE

    return run


def _run_rows(
    code: Code,
    domain: Propagate | Reduce,
    grain: Together,
    values: list[Value],
    neurons: Ints,
    starts: Ints,
    ends: Ints,
) -> None:
    """Run `outer` for each neuron, and `body` for its entries start <= e < end."""
    if grain is Together.ALL:
        code.outer(values, _on_side(domain.side, neurons, len(neurons)))
        counts = ends - starts
        for k in code.outer_values:
            if np.ndim(values[k]):
                values[k] = np.repeat(values[k], counts)
        entries: Ints = _ranges(starts, counts)
        if len(entries):
            code.body(values, _synapses(domain, np.repeat(neurons, counts), entries))
        return
    for neuron, start, end in zip(neurons.tolist(), starts.tolist(), ends.tolist()):
        code.outer(values, _on_side(domain.side, neuron, None))
        if start < end:
            entries = np.arange(int(start), int(end))
            elements = _synapses(domain, neuron, entries)
            code.results(values, elements, _row_together(domain, grain, elements))


def _row_together(domain: Propagate | Reduce, grain: Together, elements: Elements) -> bool:
    if grain is Together.DISTINCT_ROW:
        others = elements.post if domain.side is Index.PRE else elements.pre
        return len(np.unique(np.asarray(others))) == elements.n
    return grain is Together.ROW


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """start, start + 1, ... start + count - 1 for each row, one after the other."""
    ends: Ints = np.cumsum(counts)
    offsets: Ints = np.repeat(starts - ends + counts, counts)
    return offsets + np.arange(len(offsets))


def _on_side(side: Index, neurons: Position, n: int | None) -> Elements:
    return Elements(n, pre=neurons) if side is Index.PRE else Elements(n, post=neurons)


def _synapses(domain: Propagate | Reduce, neurons: Position, entries: Ints) -> Elements:
    own = entries if domain.synapses is None else domain.synapses.data[entries]
    others = domain.others.data[entries].astype(np.int64)
    if domain.side is Index.PRE:
        return Elements(len(entries), own=own, pre=neurons, post=others)
    return Elements(len(entries), own=own, pre=others, post=neurons)


# ------------------------------------------------------------------ making synapses
class _Generator:
    """Generate: one outer element after the other, its candidates together."""

    def __init__(self, code: Code, domain: Generate, together: bool) -> None:
        self.code = code
        self.domain = domain
        self.together = together

    def run(self, control: Control) -> Status:
        values = self.code.once()
        cursor = self.domain.cursor.data
        for outer in range(int(cursor[1]), _scalar(self.domain.outer.size)):
            targets = self._targets(values, outer, control)
            if isinstance(targets, Status):
                return targets
            used, end = int(cursor[0]), int(cursor[0]) + len(targets)
            if end > len(self.domain.targets):
                control.data[2] = end
                return Status.GROW
            self.domain.targets.data[used:end] = targets
            self.domain.counts.data[outer] = len(targets)
            cursor[:] = (end, outer + 1)
        return Status.DONE

    def _targets(self, values: list[Value], outer: int, control: Control) -> Ints | Status:
        """The targets of one outer element; a status if there is something wrong with them, which
        control then says."""
        domain = self.domain
        neuron, n_inner = _scalar(domain.outer.first) + outer, _scalar(domain.inner.size)
        self.code.outer(values, _on_side(domain.side, neuron, None))
        k = self._candidates(values, outer)
        if isinstance(k, int):
            control.data[2:4] = (k, outer)
            return Status.BAD_SIZE
        if not len(k) or not n_inner:
            return np.zeros(0, np.int64)
        other = _scalar(domain.inner.first) + np.clip(k, 0, n_inner - 1)
        pre, post = (neuron, other) if domain.side is Index.PRE else (other, neuron)
        elements = Elements(len(k), pre=pre, post=post, k=k, counter=(outer, k))
        target, condition, copies = self.code.results(values, elements, self.together)
        outside = condition & ((target < 0) | (target >= n_inner))
        if outside.any() and not domain.skip_invalid:
            control.data[2:4] = (target[outside][0], outer)
            return Status.BAD_INDEX
        kept = condition & ~outside
        return np.repeat(target[kept], np.maximum(copies[kept], 0))

    def _candidates(self, values: list[Value], outer: int) -> Ints | int:
        """The candidates of an outer element; a number that is no size of a sample of them."""
        c = self.domain.candidates
        low, high, step = int(values[c.low]), int(values[c.high]), int(values[c.step])
        if step == 0 or not _scalar(self.domain.inner.size):
            high, step = low, 1
        everything = np.arange(low, high, step, dtype=np.int64)
        match c:
            case Range():
                return everything
            case Sample(p=p):
                return everything[self._sampled(len(everything), float(values[p]), outer)]
            case SampleSize(size=size):
                wanted, n = int(values[size]), len(everything)
                if not self.domain.skip_invalid and not 0 <= wanted <= n:
                    return wanted
                return everything[self._chosen(n, min(max(wanted, 0), n), outer)]

    def _chosen(self, n: int, size: int, outer: int) -> list[int]:
        """`size` positions < n, ascending; see ir/domains.SampleSize."""
        stream = self.code.kernel.stream
        assert stream is not None
        draws = uniform(draw(stream, np.full(size, outer), 0xFFFF, np.arange(size)))
        chosen: list[int] = []
        position, left = 0, float(n)
        for m, u in enumerate(draws.tolist()):
            over = left - (size - m)
            quotient = over / left
            while quotient > u:
                position, over, left = position + 1, over - 1, left - 1
                quotient = quotient * over / left
            chosen.append(position)
            position, left = position + 1, left - 1
        return chosen

    def _sampled(self, n: int, p: float, outer: int) -> Ints:
        """Positions < n, each chosen with probability p."""
        stream = self.code.kernel.stream
        assert stream is not None
        return by_gaps(n, p, lambda k: draw(stream, np.full(len(k), outer), 0xFFFF, k))
