"""Take what is right from the solutions as they stand in the executed chapters, for :func:`zoolib.check` to know.

``python -m pages.student.answers`` writes ``zoolab/judges/answers.txt``.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from pages.student.exercises import EXERCISES
from pages.student.kinds import ROOT, cells
from zoolab.judges.checking import ANSWERS, turned

LETTERS = {"α": "alpha", "η": "eta", "ε": "varepsilon", "τ": "tau"}


def truths() -> dict[str, dict[str, Any]]:
    """Return what :func:`zoolib.check` is to know of each exercise."""
    known: dict[str, dict[str, Any]] = {}
    for chapter, exercises in EXERCISES.items():
        for label, (mine, parts) in exercises.items():
            asked = [part(cells(chapter)) for part in parts]
            known[label] = {"mine": mine, "parts": asked} if parts else {"why": mine}
    return known


def sentence(label: str, known: Mapping[str, Any]) -> str:
    """Return what the text of an exercise says of its judge."""
    if "why" in known:
        return f"No `zoo.check` judges this one: {known['why']}."
    asked = re.sub("[αηετ]", lambda letter: rf"$\{LETTERS[letter[0]]}$", known["mine"])
    asked = re.sub(r"(\w+) × (\w+)", r"$\1 \\times \2$", asked)
    return f'Let `mine` be {asked}. `zoo.check("{label}", mine)` judges it.'


def written(known: Mapping[str, Any]) -> str:
    """Return what is known in lines that nobody reads by accident."""
    text = turned(json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return "".join(f"{text[i : i + 120]}\n" for i in range(0, len(text), 120))


if __name__ == "__main__":
    ANSWERS.write_text(written(truths()), encoding="utf-8")
    sys.stdout.write(f"{ANSWERS.relative_to(ROOT)} has what is right, as the chapters now tell it\n")
