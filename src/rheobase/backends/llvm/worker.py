"""What lanes other than 0 do: wait, make their shares of the divided calls, and wait again.

Or their chunks go some steps ahead, and they wait again.

Between two waits the table stays as it is. While lane 0 is in Python its addresses may change, so
they are read again after each; those of `team`, `places` and `breaks` never change.
"""

from __future__ import annotations

from rheobase.backends.llvm.ahead import go_ahead
from rheobase.backends.llvm.barrier import ARRIVED, POSITION, wait_for_release
from rheobase.backends.llvm.gates import is_open
from rheobase.backends.llvm.schedule import Words
from rheobase.backends.llvm.text import I64, LIKELIHOOD, PTR, Code, Host, Var

__all__ = ["SYMBOL", "write_worker"]

SYMBOL = "rheobase_worker"


def write_worker(host: Host) -> str:
    """The text of the module of i32 worker(ptr table)."""
    code = Code(host)
    _write(code)
    text = f"define i32 @{SYMBOL}(ptr %table) nounwind {{\n{code.text()}\n}}"
    return "\n".join([*sorted(code.declared), text, LIKELIHOOD, ""])


def _write(code: Code) -> None:
    fixed = Words(code)
    seen = Var(code, I64, 0)
    begin, leave, work = code.label("begin"), code.label("leave"), code.label("work")
    code.jump(begin)
    code.begin(begin)
    now = wait_for_release(fixed, seen.get())
    code.branch(now < 0, leave, work)
    code.begin(leave)
    code.leave(0)
    code.begin(work)
    seen.set(now)
    words = Words(code)
    team = words.arrays["team"]
    position = words.read(team, POSITION)
    k = Var(code, I64, position)
    ahead, again, done = code.label("ahead"), code.label("again"), code.label("done")
    code.branch(position < 0, ahead, again)
    code.begin(ahead)
    go_ahead(words, -position)
    code.jump(done)
    code.begin(again)
    call = k.get()
    made = words.is_made(call)
    end = words.read(words.arrays["run_ends"], call)
    after = code.select(end.ne(0), end, call + 1)
    with code.when(words.is_due(call) & ~made), code.either(end.ne(0)) as one:
        words.call_run(call, end)
        one()
        with code.when(is_open(words, call)):
            function = words.read(words.arrays["functions"], call, PTR)
            words.call(call, function, code.null())
    k.set(after)
    code.branch(words.read(words.arrays["waits"], after).ne(0), done, again)
    code.begin(done)
    arrived = words.word(team, ARRIVED)
    code.let(I64, 1, f"atomicrmw add {arrived}, i64 1 release")
    code.jump(begin)
