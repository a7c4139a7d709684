"""Standing for a group towards a piece of code, with another view of some names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic, TypeVar

from rheobase.errors import Fault
from rheobase.ir.domains import Index
from rheobase.ir.dtypes import DType
from rheobase.lang.functions import FunctionInfo
from rheobase.model.code import CodeOwner
from rheobase.model.variables import Meaning, Reach

__all__ = ["Deputy"]

_Owner = TypeVar("_Owner", bound=CodeOwner)


class Deputy(Generic[_Owner]):
    """Names mean what they mean to the group; subclasses override what differs."""

    def __init__(self, group: _Owner) -> None:
        self.group = group

    @property
    def _label(self) -> str:
        return self.group._label

    @property
    def _float_dtype(self) -> DType:
        return self.group._float_dtype

    def _meaning(
        self, name: str, namespace: Mapping[str, Any], index: Reach = Index.OWN
    ) -> Meaning | Fault | Sequence[Fault] | None:
        return self.group._meaning(name, namespace, index)

    def _known_names(self) -> Collection[str]:
        return self.group._known_names()

    def _function(self, name: str, namespace: Mapping[str, Any]) -> FunctionInfo | Fault | None:
        return self.group._function(name, namespace)
