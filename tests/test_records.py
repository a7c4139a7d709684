"""Records are frozen dataclasses: whatever is asked of both has the same answer."""

import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from rheobase.records import record


def _bare():
    class Plain:
        name: str
        size: int = 3
        tags: list = field(default_factory=list)

    return Plain


def _marked():
    class Marked:
        value: float
        where: int = field(default=7, compare=False, repr=False, kw_only=True)

    return Marked


def _empty():
    class Empty:
        pass

    return Empty


def _followed():
    class Followed:
        a: int

        def __post_init__(self):
            object.__setattr__(self, "a", self.a + 1)

        def __repr__(self):
            return f"<{self.a}>"

    return Followed


CALLS = [
    (_bare, ("x",), {}),
    (_bare, ("x", 4), {"tags": [1]}),
    (_marked, (2.5,), {}),
    (_marked, (float("nan"),), {"where": 8}),
    (_empty, (), {}),
    (_followed, (1,), {}),
]


@pytest.mark.parametrize("make, args, kwargs", CALLS)
def test_a_record_answers_as_a_frozen_dataclass_does(make, args, kwargs):
    ours, theirs = record(make()), dataclass(frozen=True)(make())
    a, b = ours(*args, **kwargs), theirs(*args, **kwargs)
    assert repr(a) == repr(b)
    assert vars(a) == vars(b)
    assert (a == ours(*args, **kwargs)) == (b == theirs(*args, **kwargs))
    assert (a == b, a != b) == (False, True)
    assert ours.__match_args__ == theirs.__match_args__
    assert [f.name for f in fields(a)] == [f.name for f in fields(b)]
    parameters = inspect.signature(theirs).parameters
    assert list(inspect.signature(ours).parameters) == list(parameters)
    if make is not _bare:  # which holds a list
        assert hash(a) == hash(b)


def test_what_is_not_compared_makes_no_difference():
    marked = record(_marked())
    assert marked(1.0) == marked(1.0, where=9)
    assert replace(marked(1.0), where=9).where == 9


def test_each_record_gets_a_default_of_its_own():
    plain = record(_bare())
    assert plain("x").tags is not plain("x").tags


@pytest.mark.parametrize("name", ["size", "colour"])
def test_a_record_is_frozen(name):
    plain = record(_bare())("x")
    with pytest.raises(FrozenInstanceError, match=f"Plain is frozen: '{name}'"):
        setattr(plain, name, 5)
    with pytest.raises(FrozenInstanceError, match=f"Plain is frozen: '{name}'"):
        delattr(plain, name)


@record
class Place:
    x: float


def test_a_record_can_be_pickled():
    assert pickle.loads(pickle.dumps(Place(1.5))) == Place(1.5)


def test_an_argument_too_many_is_refused():
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        Place(1.0, 2.0)
