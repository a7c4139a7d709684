"""How other languages and notations say things, and how they are said here: hints for messages."""

from __future__ import annotations

import re
from typing import Final

from rheobase.units.specs import find_spec

__all__ = ["character_hint", "derivative_hint", "function_hint", "name_hint", "unit_hint"]

_OWN_ELEMENT: Final = "A variable stands for its own element; Synapses sum into (summed) variables."
_FUNCTIONS: Final = {
    **dict.fromkeys(("max", "maximum", "fmax"), "Write a if a > b else b, or clip(x, low, inf)."),
    **dict.fromkeys(("min", "minimum", "fmin"), "Write a if a < b else b, or clip(x, -inf, high)."),
    **dict.fromkeys(("pow", "power"), "Write x**y."),
    **dict.fromkeys(("heaviside", "step", "H", "theta"), "Write int(x > 0)."),
    **dict.fromkeys(("sum", "mean", "average"), _OWN_ELEMENT),
    **dict.fromkeys(("where", "ifelse", "piecewise"), "Write a if condition else b."),
    **dict.fromkeys(("random", "uniform"), "Write rand(): a number between 0 and 1."),
    **dict.fromkeys(("normal", "gauss"), "Write randn(): mean 0, deviation 1."),
    **dict.fromkeys(("mod", "fmod", "remainder"), "Write x % y."),
    "ln": "Write log(x).",
    "lg": "Write log10(x).",
    "log2": "Write log(x)/log(2).",
    "exp2": "Write 2**x.",
    "asin": "Write arcsin(x).",
    "acos": "Write arccos(x).",
    "atan": "Write arctan(x).",
    "fabs": "Write abs(x).",
    "sgn": "Write sign(x).",
    "round": "Write floor(x + 0.5).",
    "square": "Write x**2.",
    "cbrt": "Write x**(1/3).",
    "float": "Numbers become floats where they need to.",
    "bool": "Write x != 0.",
}
_NAMES: Final = {
    **dict.fromkeys(("true", "TRUE"), "Write True."),
    **dict.fromkeys(("false", "FALSE"), "Write False."),
    **dict.fromkeys(("celsius", "degC"), "Temperatures are in kelvin: 36*kelvin + zero_celsius."),
    "msec": "Write ms.",
    "sec": "Write second.",
    "degree": "Angles are pure numbers, in radians: write pi/180.",
}
_CHARACTERS: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "Write -, the minus of the keyboard."),
    **dict.fromkeys("×∙⋅", "Write * to multiply."),
    "÷": "Write / to divide.",
    "≤": "Write <=.",
    "≥": "Write >=.",
    "≠": "Write !=.",
    "²": "Write **2 for the square.",
    "³": "Write **3 for the cube.",
    "√": "Write sqrt(x).",
    "?": "A conditional value is 'a if condition else b'.",
}
_UNITS: Final = {
    "V": "volt", "A": "amp", "s": "second", "S": "siemens", "F": "farad", "C": "coulomb",
    "m": "metre", "kg": "kilogram", "K": "kelvin", "J": "joule", "W": "watt", "N": "newton",
    "Pa": "pascal", "Ω": "ohm", "mol": "mole", "M": "mmolar",
}  # fmt: skip
_NO_UNIT: Final = ("None", "none", "dimensionless", "unitless", "real", "number", "double")


def function_hint(name: str) -> str:
    """What to write instead of a call of a function that other languages have; "" if unknown.

    >>> from rheobase.lang.habits import function_hint
    >>> function_hint("ln")
    'Write log(x).'
    """
    return _FUNCTIONS.get(name, "")


def name_hint(name: str) -> str:
    """What to write instead of a name; "" if unknown."""
    if name in _NAMES:
        return _NAMES[name]
    if name == "xi" or name.startswith("xi_"):
        return "White noise has a meaning in differential equations only; randn() draws a number."
    if name in _UNITS and name.isascii():
        return f"If it is a unit, write {_UNITS[name]}: none has one letter only."
    if "·" in name:
        return f"'·' is a part of the name. Write {name.replace('·', '*')} for a product."
    latin = name.replace("µ", "u").replace("μ", "u")  # micro sign, Greek mu
    known = latin if find_spec(latin) else f"u{_UNITS.get(latin[1:])}"
    return f"Write {known}." if latin != name and find_spec(known) else ""


def unit_hint(name: str) -> str:
    """What to write for a unit that is declared by its symbol; "" if unknown."""
    if name in _UNITS:
        return f"Write {_UNITS[name]}: units are declared by their names."
    return "A number without unit is declared with '1'." if name in _NO_UNIT else ""


def character_hint(char: str) -> str:
    """What to write instead of a character; "" if unknown."""
    return _CHARACTERS.get(char, "")


_SECOND_ORDER: Final = re.compile(r"d\s*(?:\^|\*\*)?\s*2\s*(\w+)\s*/\s*dt\s*(?:\^|\*\*)?\s*2")
_BRACKETS: Final = re.compile(r"d\s*\(\s*([^\W\d]\w*)\s*\)\s*/\s*dt")
_CURLY: Final = re.compile(r"[∂δΔ]\s*([^\W\d]\w*)\s*/\s*[∂δΔ]\s*t")
_OPERATOR: Final = re.compile(r"(?:diff|D|der|ddt)\(\s*([^\W\d]\w*)\s*(?:,\s*t\s*)?\)")
_FACTOR: Final = re.compile(r"(.+?)\s*\*\s*(d\s*[^\W\d]\w*\s*/\s*dt)")


def derivative_hint(left: str) -> str:
    """What to write instead of a left side that is meant as a derivative; "" if unknown."""
    if match := _SECOND_ORDER.fullmatch(left):
        v = match[1]
        return f"Write two equations of first order: d{v}/dt = u and du/dt = ..."
    match = _BRACKETS.fullmatch(left) or _CURLY.fullmatch(left) or _OPERATOR.fullmatch(left)
    if match:
        return f"Write d{match[1]}/dt."
    if match := _FACTOR.fullmatch(left):
        return f"The derivative stands alone: {match[2]} = (...)/{match[1]}"
    return ""
