"""How a file is written: completely, or not at all."""

import contextlib
import glob
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from zoolib import checks

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
