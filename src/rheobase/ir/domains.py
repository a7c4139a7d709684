"""Domains: what a kernel iterates over, and the lists of events that this needs.

The domains, and which element each index means:

    domain        iterates over                           own             pre, post
    Elementwise   start <= k < start + size               k               -
    Sometimes     start <= k < start + size, in some steps   k            -
    WhenDue       those of start <= k < start + size that are due   k     -
    Select        start <= k < start + size               k               -
    Bernoulli     start <= k < start + size               k               -
    Indexed       the entries of an index list            the entry       -
    Propagate     the synapses of the events' rows        the synapse     the two neurons
    Reduce        all synapses, row by row                the synapse     the two neurons
    Record        an index list, or one element           the entry       -
    Push          (no code) copies events into a log
    Replay        (no code) lists the events that a table has for this step
    Generate      candidates of each outer element        -               outer element, candidate
    Python        (no code) returns to Python
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import TypeAlias

from rheobase.ir.slots import Slot
from rheobase.records import record

__all__ = [
    "DENSE",
    "GRANULE",
    "LONGEST_GAP",
    "N_GAPS",
    "Bernoulli",
    "Calendar",
    "Chosen",
    "DelayRows",
    "Deliver",
    "Domain",
    "Elementwise",
    "EventLog",
    "Events",
    "Gaps",
    "Generate",
    "Index",
    "IndexList",
    "Indexed",
    "Part",
    "Propagate",
    "Push",
    "Python",
    "Range",
    "Record",
    "Reduce",
    "Replay",
    "Sample",
    "SampleSize",
    "Select",
    "Sometimes",
    "WhenDue",
]


class Index(Enum):
    """Which element of an array the code means."""

    OWN = "own"
    PRE = "pre"
    POST = "post"
    SHARED = "shared"  # element 0


# ------------------------------------------------------------------ event lists
@record
class IndexList:
    """count[0] ascending element numbers, in indices (I32); count is I64."""

    indices: Slot
    count: Slot


@record
class EventLog:
    """The events of the last steps, in a circle of memory.

    The events of step s are entries[p & (len(entries) - 1)] for
    starts[s & (len(starts) - 1)] <= p < starts[(s + 1) & (len(starts) - 1)]; positions p only
    grow. Both lengths are powers of two. A log that is all zero holds no events at any step.

    entries   I32   element numbers
    starts    I64   positions
    reach     I64   (1,) the greatest delay, in steps, that is asked for: so many steps are kept
    """

    entries: Slot
    starts: Slot
    reach: Slot


@record
class Events:
    """The event list that a kernel consumes.

    Without a log: the list of this step. With one: the list of `delay` steps ago (delay: I64 (1,),
    step: I64 (1,), the number of the current step), where delay 0 means the list of this step.

    window   I64 (2,)   events of steps before window[0] are left out, and all of them from the
                        current step window[1] on
    """

    current: IndexList
    log: EventLog | None = None
    delay: Slot | None = None
    step: Slot | None = None
    window: Slot | None = None


@record
class Part:
    """The part first <= k < first + size of a group's elements (both I64, (1,))."""

    first: Slot
    size: Slot


@record
class Chosen(Part):
    """Those elements k of the range for which numbers[k] >= 0: for domains that go over lists.

    numbers   I32 (at least first + size,)   the number of each element within the part, or -1
    """

    numbers: Slot


# ------------------------------------------------------------------ domains
@record
class Elementwise:
    """All elements of a part of a group."""

    part: Part


@record
class Sometimes:
    """All elements of a part of a group, in the steps s of which s & mask is 0; else nothing. Its
    code has no effects that happen once a call.

    step, mask   I64 (1,)
    """

    part: Part
    step: Slot
    mask: Slot


GRANULE = 16  # elements that a calendar knows by one entry: see ir/partition.LEAST_GRAIN


@record
class Calendar:
    """From when on one of the elements GRANULE * g <= k < GRANULE * (g + 1) is to be looked at:
    entry g, a time; -inf: in the next step; inf: not again.

    entries   F64 (n / GRANULE, rounded up)
    t         F64 (1,)   the present time
    """

    entries: Slot
    t: Slot


@record
class WhenDue:
    """The elements of those granules of a part whose entry in the calendar is not after the present
    time; results[0] (F64) says from when on to look at an element again. The part begins with a
    granule.

    A granule is looked at as a whole, so the code must leave elements as they are that are not due.
    """

    part: Part
    calendar: Calendar


@record
class Select:
    """All elements; those whose results[0] is true are listed in `out`, ascending."""

    part: Part
    out: IndexList


@record
class Gaps:
    """Where a Bernoulli is in its sequence of gaps.

    counts    I64 (6,): the gaps that have been drawn; the elements before the next candidate, from
              the beginning of the present step; the state of the stream when the first was drawn;
              and whether to look for the greatest probability: 2, in each step; 1, in this one;
              0, it is what it was when it was looked for
    numbers   F64 (2 + 2 * N_GAPS,): the greatest probability; 1 / log1p(-it); of the block of draws
              that the last gap was of, log(1 - u) and the gaps
    """

    counts: Slot
    numbers: Slot


N_GAPS = 16


@record
class Bernoulli:
    """All elements, each chosen with a probability of its own (results[0], F64), independently;
    those chosen are listed in `out`, ascending. The code neither draws nor has effects.

    Where the greatest probability P is above DENSE, element k is chosen if its uniform 0 is below
    its probability. Else few are: candidates have probability P and are found by geometric gaps
    (see Sample), which go on from the last element of a step to the first of the next; a candidate
    stays if P times its uniform 1 is below its probability. Elements count from the beginning of
    the part. Gap m is of the draw 0xffff of the element m & 7 in step m >> 4, and of its words w2
    and w3 where m & 8. When P changes, the present gap ends before the step, since what has not
    been chosen says nothing of what comes; when the stream changes, m begins at 0, too.
    """

    part: Part
    out: IndexList
    gaps: Gaps


LONGEST_GAP = 1 << 51  # elements
DENSE = 1 / 2  # from here on, a gap costs more than a uniform number for each element


@record
class Indexed:
    """The entries of a list that lie in the part.

    calendar   if there is one, results[0] (F64) is a time from which on to look at the element
    """

    list: IndexList
    part: Part
    calendar: Calendar | None = None


@record
class DelayRows:
    """Rows in which the entries of each delay stand together: one segment for each delay of a row.

    Which delays a row has stands in bits, so that its segment for a delay is found by counting
    bits (a rank directory; Jacobson 1989, FOCS 30:549-554). With w = ceil(n_delays / 64):

    steps    I64 (n_delays,)         all delays in steps, in the order in which they are walked
    masks    I64 (n_rows * w,)       bit b of masks[r*w + q]: row r has entries of delay 64 q + b
    ranks    I32 (n_rows * w,)       the number of segments before the bits of masks[r*w + q]
    starts   I32 (n_segments + 1,)   segment s holds the entries starts[s] <= e < starts[s + 1]
    """

    steps: Slot
    masks: Slot
    ranks: Slot
    starts: Slot


@record
class Propagate:
    """The synapses of each event that lies in the part, in order of event and then of row entry.

    Row r = event - first holds the entries rows[r] <= e < rows[r + 1]. With `delays`, the events
    of steps[k] steps ago reach their entries of that delay, for k = 0, 1, ...; `rows` and
    events.delay are not looked at.

    side       PRE if an event is a presynaptic neuron, POST if it is a postsynaptic one
    rows       I64 (n_rows + 1)
    others     I32 or U16 (n_entries)   the neuron on the other side, numbered as in its own group
    synapses   I32 (n_entries)   the synapse of each entry; None: entry e is synapse e
    ascending  whether others ascend within each row (with delays: within each segment)
    """

    events: Events
    part: Part
    side: Index
    rows: Slot
    others: Slot
    synapses: Slot | None = None
    delays: DelayRows | None = None
    ascending: bool = True


@record
class Reduce:
    """All synapses, row by row; the fields are those of Propagate."""

    part: Part
    side: Index
    rows: Slot
    others: Slot
    synapses: Slot | None = None
    ascending: bool = True


@record
class Deliver:
    """The first `count` (I64, (1,)) of some listed synapses, in the order of the lists, in which
    one may stand several times.

    synapses   I32   their entries
    pre, post  I32   the neurons on their sides
    """

    count: Slot
    synapses: Slot
    pre: Slot
    post: Slot


@record
class Record:
    """Appends one entry for each element of the list to every buffer.

    list      which elements; None: one entry, with own = 0
    part      as Indexed; None if list is None
    cursor    I64 (1,)   entries in use; all buffers have one length
    buffers   one for each of Kernel.results, of its dtype
    Returns GROW, with nothing done, when the buffers cannot take the new entries.
    """

    list: IndexList | None
    part: Part | None
    cursor: Slot
    buffers: tuple[Slot, ...]


@record
class Push:
    """Appends the events of this step to the log (GROW, with nothing done, when it is full).

    part   None: all of them; else those of the part alone
    """

    list: IndexList
    log: EventLog
    step: Slot
    part: Part | None = None


@record
class Replay:
    """Lists, in `out`, the events that a table has for the present step.

    With a period > 0, the table is that of step mod period. What is listed depends on the step
    alone, not on what was listed before.

    steps     I64 (n,)   ascending
    entries   I32 (n,)   an element number for each; ascending, without repetition, within a step
    period    I64 (1,)   0: the table is not repeated
    step      I64 (1,)   the present step
    """

    steps: Slot
    entries: Slot
    period: Slot
    step: Slot
    out: IndexList


@record
class Range:
    """Candidates k = low, low + step, ... < high (> high for a negative step): I64 values."""

    low: int
    high: int
    step: int


@record
class Sample:
    """Each k of Range(low, high, step) with probability p (F64 value), independently.

    The gaps are geometric: gap = 1 + floor(log(1 - u) * (1 / log1p(-p))), one uniform u a
    candidate.
    """

    low: int
    high: int
    step: int
    p: int


@record
class SampleSize:
    """`size` of the numbers of Range(low, high, step), without replacement, ascending as they are;
    every such choice is equally probable. Stops with status BAD_SIZE if there are not so many
    numbers, or size < 0; takes the nearest possible size where the domain skips what is invalid.

    With m of r numbers still to choose, a uniform u decides how many are passed over: the least s
    for which (r - m)(r - m - 1)...(r - m - s) / (r (r - 1)...(r - s)) <= u.
    Source: method A of Vitter 1984, Commun. ACM 27:703-718.
    """

    low: int
    high: int
    step: int
    size: int


@record
class Generate:
    """Makes synapses: for each outer element, for each candidate k, `copies` equal pairs.

    results = (target, condition, copies): I64, BOOL, I64. Where the condition holds and the target
    lies in 0 <= target < inner.size, the target is appended `copies` times to `targets`; a target
    outside stops with status BAD_INDEX unless `skip_invalid`. Numbers are relative to the parts.
    Within `code`, the index 'k' is the candidate; arrays are reached by pre and post, where the
    outer side is the outer element, and the other the *candidate* (clipped to its part), so that
    variables of the other side may be used when the target is the candidate itself.

    side      PRE: outer elements are presynaptic; POST: postsynaptic
    outer, inner   the parts of the two groups
    counts    I64 (n_outer,)  synapses made for each outer element
    targets   I32 or U16      growing; cursor: I64 (2,): entries in use, next outer element
    Returns GROW before an outer element for which `targets` may not have room.
    """

    side: Index
    outer: Part
    inner: Part
    candidates: Range | Sample | SampleSize
    counts: Slot
    targets: Slot
    cursor: Slot
    skip_invalid: bool = False

    @property
    def draws(self) -> bool:
        """Whether the domain itself draws random numbers."""
        return not isinstance(self.candidates, Range)

    @property
    def bounds(self) -> tuple[int, ...]:
        """The values that the candidates take."""
        return tuple(getattr(self.candidates, f.name) for f in fields(self.candidates))


@record
class Python:
    """Nothing native: the run loop returns to Python, which does what is due."""


Domain: TypeAlias = (
    Elementwise
    | Sometimes
    | WhenDue
    | Select
    | Bernoulli
    | Indexed
    | Propagate
    | Reduce
    | Deliver
    | Record
    | Push
    | Replay
    | Generate
    | Python
)
