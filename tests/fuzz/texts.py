"""Valid texts of each kind, and ways to spoil them. Everything follows from the seed."""

from __future__ import annotations

import random
from typing import Final

__all__ = ["KINDS", "SEEDS", "spoiled"]

EXPRESSIONS: Final = (
    "v",
    "(El - v + R*I)/tau",
    "-0.1*(v + 40*mV)/mV/(exp(-(v + 40*mV)/(10*mV)) - 1)/ms",
    "v > 10*mV and not (t - lastspike) < 2*ms",
    "v > -50*mV or x >= 3 and b",
    "x if b else -x",
    "1 if x > 0 else (2 if x < -1 else 3)",
    "0 < x <= 1 != k",
    "exp(x)*sin(2*pi*t*Hz) + sqrt(x**2 + 1)",
    "clip(v, -80*mV, 40*mV)",
    "int(v > 0*volt)*rand() + randn()",
    "k % 3 == 0 and k // 2 < 10",
    "i != j and abs(i - j) < 10",
    "g*(E - v)*m**3*h",
    "2.5e-3*volt/second + .5*mV/ms - 1.*uV/us",
    "x**-2**0.5",
    "timestep(t, dt) - k",
    "exprel(x/10)*(tanh(x) + arctan(x)/pi)",
    "(a_1 + b_2) * \\\n (c - 1) # end",
    "(x\n + 1) # comment\n",
    "inf - e*pi",
    "True or False",
    "not b == (x > 1)",
    "0x1F + 1_000 + 0b11",
)
STATEMENTS: Final = (
    "v = El",
    "v = El; w += 0.1*mV",
    "g += w\nApre = Apre + 0.01\nw = clip(w + Apost, 0, 1)  # learning",
    "x *= 2\nx /= 3\nx -= 1; x **= 2; x //= 4; x %= 3",
    "y = (x +\n     1)\nz = y * \\\n  2\nx = z",
    "b = not b\nk = int(rand()*5)",
    "",
    "# nothing\n\n",
    "v_post += w*(E - v_post)",
)
EQUATIONS: Final = (
    "dv/dt = (El - v)/tau : volt",
    "dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)\n"
    "dge/dt = -ge/taue : volt\ndgi/dt = -gi/taui : volt  # inhibition",
    """
    dv/dt = (gl*(El-v) + ge*(Ee-v) + gi*(Ei-v)
             - g_na*(m*m*m)*h*(v-ENa))/Cm : volt
    dm/dt = alpha_m*(1-m)-beta_m*m : 1
    alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
    I : amp (constant)
    w : farad/meter**2 (shared, constant)
    flag : boolean
    count : integer
    """,
    "dx/dt = -x/tau + sigma*sqrt(2/tau)*xi_1 : 1\ndy/dt = -y/tau + xi_1*tau**-0.5 : 1",
    "r = rand() : 1 (constant over dt)",
    "I_syn = g*(E - v) : amp/(meter**2)",
    "p : 1/meter\nq : siemens**(1/2)",
    "w : 1\ndApre/dt = -Apre/taupre : 1 (event-driven)",
    "I_post = g*(v - E) : amp (summed)",
    "",
)
GENERATORS: Final = (
    "i",
    "i + 1 if i < N_pre - 1",
    "k for k in range(i - 3, i + 4) if k != i",
    "k for k in range(0, N_post, 2)",
    "k for k in sample(N_post, p=0.1)",
    "k for k in sample(0, 10, 2, p=0.5) if i != k",
    "k for k in sample(N_post, size=10)",
    "(i + k) % N_post for k in range(5)",
    "(i // 10)*10 + k for k in range(10) if rand() < 0.5",
)
SEEDS: Final = {
    "expression": EXPRESSIONS,
    "statements": STATEMENTS,
    "equations": EQUATIONS,
    "generator": GENERATORS,
}
KINDS: Final = tuple(SEEDS)

_PIECES: Final = (
    *("+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", "=", "+=", "**=", ":", ";", ","),
    *("(", ")", "[", "]", "{", "}", "'", '"', "'''", "#", "\\", "\n", "\r\n", "\r", "\t", " ", "."),
    *("^", "&", "|", "~", "!", "@", "$", "?", "`", ":=", "->", "...", "&&", "<>", "=<", "\\\n"),
    *(" and ", " or ", " not ", " if ", " else ", " for ", " in ", " is ", " lambda ", " await "),
    *("yield ", "import os", "__import__('os').system('false')", "exec('1')", "open('/tmp/x')"),
    *("().__class__", "f'{x}'", "b''", "None", "True", "1e999", "9"*40, "0x", "1_", "1__0", "07"),
    *("1j", "1e", ".5.", "9**9**9**9", "10**(10**10)", "2**2**2**2**2", "1 << 10**9", "-" * 30),
    *("((" * 20, "))" * 20, "not " * 40, "x if x else " * 30, "é", "ﬁ", "ｉｆ", "²", "\0"),
    *("\x0c", "\x85", "\u2028", "\ud800", "😀", "٣", "µ", "Ω", "−", "mV", "volt", "rand()"),
    *("\u200b", "xi", "xi_2"),
    *("exp(", "log10(", "range(", "sample(", "p=", "size=", "int(", " : volt", " : 1", " (shared)"),
    *("(constant over dt)", "(unless refractory)", "dx/dt = ", "dx/dy", "x'", "i", "j", "k", "t"),
)  # fmt: skip


def spoiled(rng: random.Random, kind: str) -> str:
    """A valid text of the kind after 0 to 6 changes."""
    text = rng.choice(SEEDS[kind])
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 4, 6))):
        text = rng.choice(_CHANGES)(rng, text)
        text = text[:4000]
    return text


def _place(rng: random.Random, text: str) -> int:
    return rng.randint(0, len(text))


def _insert_piece(rng: random.Random, text: str) -> str:
    k = _place(rng, text)
    return text[:k] + rng.choice(_PIECES) + text[k:]


def _replace_piece(rng: random.Random, text: str) -> str:
    k = _place(rng, text)
    return text[:k] + rng.choice(_PIECES) + text[k + rng.randint(1, 4) :]


def _delete(rng: random.Random, text: str) -> str:
    k = _place(rng, text)
    return text[:k] + text[k + rng.choice((1, 1, 2, 5, 20)) :]


def _swap(rng: random.Random, text: str) -> str:
    if len(text) < 2:
        return text
    k = rng.randrange(len(text) - 1)
    return text[:k] + text[k + 1] + text[k] + text[k + 2 :]


def _repeat(rng: random.Random, text: str) -> str:
    a, b = sorted((_place(rng, text), _place(rng, text)))
    return text[:b] + text[a:b] * rng.choice((1, 1, 2, 30)) + text[b:]


def _character(rng: random.Random, text: str) -> str:
    k = _place(rng, text)
    highest = rng.choice((0x7F, 0x7F, 0x3FF, 0xFFFF, 0x10FFFF))
    return text[:k] + chr(rng.randint(0, highest)) + text[k + rng.randint(0, 1) :]


def _cross(rng: random.Random, text: str) -> str:
    other = rng.choice(SEEDS[rng.choice(KINDS)])
    return text[: _place(rng, text)] + other[_place(rng, other) :]


def _nest(rng: random.Random, text: str) -> str:
    """Put a part into brackets, a function or a power, several times over."""
    a, b = sorted((_place(rng, text), _place(rng, text)))
    before, after = rng.choice((("(", ")"), ("exp(", ")"), ("-(", ")"), ("(", ")**2"), ("", "+1")))
    n = rng.choice((1, 1, 3, 30, 120))
    return text[:a] + before * n + text[a:b] + after * n + text[b:]


_CHANGES: Final = (
    _insert_piece, _insert_piece, _replace_piece, _replace_piece, _delete, _delete, _swap,
    _repeat, _character, _cross, _nest,
)  # fmt: skip
