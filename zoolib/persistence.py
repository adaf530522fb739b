"""What an agent has learned, as plain arrays and numbers: what :mod:`zoolib.saving` writes to disk."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

BIT_GENERATORS = {kind: getattr(np.random, kind) for kind in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")}


class Stateful:
    """What can be saved: made from settings, changed by experience.

    A class names in ``state`` the attributes that change as it lives. They may be arrays, numbers, lists of generators,
    or Stateful themselves. Each of its settings is kept in an attribute of the same name.
    """

    state: ClassVar[tuple[str, ...]] = ()

    def get_state(self) -> dict[str, Any]:
        """Return copies of what experience has changed, as nested dictionaries of arrays and numbers."""
        return {name: _taken(getattr(self, name)) for name in self.state}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned, which stays as it is."""
        self._make_room(state)
        for name in self.state:
            current, value = getattr(self, name), state[name]
            if isinstance(current, Stateful):
                current.set_state(value)
            elif _are_generators(current):
                for i, one in enumerate(value):
                    if type(current[i].bit_generator).__name__ != one["bit_generator"]:
                        current[i] = np.random.Generator(BIT_GENERATORS[one["bit_generator"]]())
                    current[i].bit_generator.state = one
            elif isinstance(current, np.ndarray) and current.size:
                if current.shape != value.shape:
                    raise ValueError(f"{name} has shape {value.shape} in place of {current.shape}")
                np.copyto(current, value, casting="same_kind")  # in place: other attributes may be views of it
            else:
                setattr(self, name, copy.deepcopy(value))

    def _make_room(self, state: Mapping[str, Any]) -> None:
        """Take the shapes of a state that is to be put back, and forget what was made of the last one."""


def _are_generators(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], np.random.Generator)


def _taken(value: Any) -> Any:
    if isinstance(value, Stateful):
        return value.get_state()
    return [rng.bit_generator.state for rng in value] if _are_generators(value) else copy.deepcopy(value)
