"""Let each notebook of a folder fetch the rest of the book where Colab opens it: ``python pages/colab.py chapters``.

BOOK_REPOSITORY names the address that it is fetched from, BOOK_BRANCH the branch. CI keeps these notebooks on a branch
of their own, ``colab``, to which the button of the pages leads. Nothing need be installed.
"""

import json
import os
import sys
from pathlib import Path

NAME = "fetch-the-book"
FETCH = """# Google Colab opens a notebook alone: this fetches the rest of the book. Anywhere else it does nothing.
import os
import sys

if "google.colab" in sys.modules and not os.path.isdir("/content/book"):
    !git clone --quiet --depth 1 --branch {branch} {address} /content/book
    !cd /content/book && pip install --quiet '.[production]' && python -m zoolab.logs
    os.chdir("/content/book/chapters")"""


def prepare(folder: Path, address: str, branch: str) -> list[Path]:
    """Put the cell before every notebook of a folder that has not got it; return those that were changed."""
    metadata = {"cellView": "form", "tags": ["remove-cell"]}
    source = FETCH.format(address=address, branch=branch)
    cell = {
        "cell_type": "code",
        "id": NAME,
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
    changed = []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if notebook["cells"][0].get("id") != NAME:
            notebook["cells"].insert(0, cell)
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    print(*prepare(Path(sys.argv[1]), os.environ["BOOK_REPOSITORY"], os.environ.get("BOOK_BRANCH") or "main"), sep="\n")
