"""What an agent has learned, as plain arrays and numbers, and how a file is written: completely, or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from zoolib import checks

BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
}


LEFT = 3600.0  # seconds after which a draft is of somebody who was killed


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of ``path`` once all is in it; whoever is interrupted keeps the old one.

    A link stays one, to the new file, and who might read the old one may read the new one. What was begun by somebody
    who was killed is cleared away an hour later. A ``FileExistsError`` says that something else than a file is there.
    """
    path = Path(os.path.realpath(checks.path("path", path)))
    if path.exists() and not path.is_file():
        raise FileExistsError(f"path: {path} is there already, and is no file")
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # another writer clears away, too
            if draft.stat().st_mtime < time.time() - LEFT:
                draft.unlink()
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        with draft.open("xb") as file:
            if path.exists():
                shutil.copymode(path, draft)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


class Stateful:
    """What can be saved: made from settings, changed by experience.

    A class names in ``state`` the attributes that change as it lives. They may be arrays, numbers, lists of generators,
    or Stateful themselves. Each of its settings is kept in an attribute of the same name.
    """

    state: ClassVar[tuple[str, ...]] = ()

    def get_state(self) -> dict[str, Any]:
        """Return what experience has changed, as nested dictionaries of arrays and numbers."""
        return {name: _taken(getattr(self, name)) for name in self.state}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
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
                setattr(self, name, value)


def _are_generators(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], np.random.Generator)


def _taken(value: Any) -> Any:
    if isinstance(value, Stateful):
        return value.get_state()
    return [rng.bit_generator.state for rng in value] if _are_generators(value) else value
