"""Every page is valid HTML by the W3C's own checker, but for what the theme does, which is named here.

Needs Java and vnu.jar, which ``.ci/run`` installs in ``.cache/node`` (another place is named by BOOK_VNU). Without them
these tests are skipped, unless BOOK_STRICT=1.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from built_book import HTML, ROOT, build, missing, pages

JAR = Path(
    os.environ.get("BOOK_VNU", ROOT / ".cache" / "node" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar")
)

# To compile more than once what runs for seconds takes longer than it saves; such code needs a deeper stack.
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m", "-jar"]

# What the theme does and the checker remarks, each with the reason why it stays. None of it is an error.
OF_THE_THEME = {
    r"Article lacks heading": "the heading stands in the section below the article, where Sphinx puts it",
    r"Consider using the “h1” element as a top-level heading only": "that section is the page's only one of its rank",
}


@pytest.fixture(scope="module")
def check():
    """Return a function that checks files and returns what is wrong with each."""
    if not JAR.exists() or not shutil.which("java"):
        missing("no Java or no vnu.jar; .ci/run installs them")

    def messages(*paths: Path) -> list[str]:
        command = [*JAVA, str(JAR), "--format", "json", *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        return [
            f"{Path(said['url']).name}:{said.get('lastLine', 0)}: {said['message']} {said.get('extract', '')[:120]!r}"
            for said in json.loads(done.stderr)["messages"]
        ]

    return messages


def of_the_theme(message: str) -> bool:
    return any(re.search(pattern, message) for pattern in OF_THE_THEME)


def test_every_page_is_valid(check):
    build()
    said = check(*pages())
    assert [message for message in said if not of_the_theme(message)] == []
    unused = [pattern for pattern in OF_THE_THEME if not any(re.search(pattern, message) for message in said)]
    assert unused == [], "the theme no longer does this: take it off the list"


FAULTS = {
    "<p><div>a</div></p>": "No “p” element in scope",
    '<p id="a">a</p><p id="a">b</p>': "Duplicate ID",
    '<img src="a.png">': "An “img” element must have an “alt” attribute",
    "<ul><p>a</p></ul>": "not allowed as child",
    '<a href="a b">c</a>': "Bad value",
}


def test_the_checker_finds_faults_in_a_page_of_the_book(check, tmp_path):
    """One page with all faults: each is found, so a silence of the checker means something."""
    page = (HTML / "chapters" / "cite.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace("</article>", "".join(FAULTS) + "</article>"), encoding="utf-8")
    said = "\n".join(check(broken))
    assert {fault for fault, words in FAULTS.items() if words not in said} == set()
