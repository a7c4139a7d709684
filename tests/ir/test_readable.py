"""Kernels as people would write them."""

from __future__ import annotations

from rheobase import Network, NeuronGroup, SpikeMonitor, Synapses, ms
from rheobase.inspection import KernelFacts, inspect_program, watching


def facts(*objects: object) -> dict[str, KernelFacts]:
    """The kernels of a run of the objects, by name."""
    found: dict[str, KernelFacts] = {}
    seen = lambda _, program: found.update({k.name: k for k in inspect_program(program).kernels})  # noqa: E731
    with watching(seen):
        Network(*objects).run(0 * ms)
    return found


def test_brackets_stand_where_the_tree_needs_them() -> None:
    """(a - b) - c needs none, a - (b - c) and (a + b)*c need theirs."""
    group = NeuronGroup(1, "a : 1\nb : 1\nc : 1\nd : 1", name="readable")
    group.run_regularly("d = a - b - c; a = (a + b)*c - (b - c)", name="code")
    code = next(iter(facts(group).values())).code
    assert code == ("each element:", "  d = a - b - c", "  a = (a + b)*c - (b - c)")


def test_an_old_value_used_after_its_variable_is_written_has_a_name() -> None:
    """x is read before it is written: 'y = x' would say something else."""
    group = NeuronGroup(1, "x : 1\ny : 1")
    group.run_regularly("old = x; x = 2*old; y = old + 1")
    code = next(iter(facts(group).values())).code
    assert code[1:] == ("  x1 = x", "  x = 2*x1", "  y = x1 + 1")


def test_bytes_and_operations_of_a_kernel_are_counted() -> None:
    """w += v of a synapse: the target's number (4), w read and written (16), v_pre read (8)."""
    cells = NeuronGroup(2, "v : 1", threshold="v > 1", name="cells_of_bytes")
    synapses = Synapses(cells, cells, "w : 1", on_pre="w += exp(v_pre)", name="counted")
    synapses.connect()
    found = facts(cells, synapses)["counted_pre"]
    assert found.bytes == 4 + 16 + 8
    assert found.functions == {"exp": 1}
    assert found.flops == 1


def test_each_kernel_says_how_threads_share_it_or_why_they_do_not() -> None:
    """Neurons by element, synapses by target; one thread records, and does both sides."""
    cells = NeuronGroup(
        100, "dv/dt = -v/(10*ms) : 1", threshold="v > 1", reset="v = 0", name="shared_cells"
    )
    one_way = Synapses(cells, cells, on_pre="v_post += 0.1", name="one_way")
    both_ways = Synapses(cells, cells, on_pre="v_post += 0.1; v_pre -= 0.1", name="both_ways")
    for synapses in (one_way, both_ways):
        synapses.connect(p=0.5)
    found = facts(cells, one_way, both_ways, SpikeMonitor(cells, name="spikes_of_shared"))
    threads = {name: kernel.threads for name, kernel in found.items()}
    assert threads["shared_cells reset"] == "elements"
    assert threads["one_way_pre"] == "targets"
    assert threads["both_ways_pre"] == "one: writes to both sides of a synapse, or elsewhere"
    assert threads["spikes_of_shared record"] == "one: one list or buffer for all"
