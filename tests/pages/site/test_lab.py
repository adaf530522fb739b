"""The chapters in JupyterLab, as "make jupyter" opens them: one is looked at, one is run to its end and saved."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import matplotlib
import nbformat
import pytest
from browsing import DESK, browser  # noqa: F401  a fixture
from built_book import ROOT
from machine import join_parts
from redis_server import free_port

LOOKED_AT, RUN = "02_the_principle.ipynb", "10_other_peoples_data.ipynb"
SETTLED = """() => {
  const panel = window.jupyterapp?.shell.currentWidget, kernel = panel?.sessionContext?.session?.kernel;
  return panel?.context?.isReady && kernel?.status === 'idle' && kernel.info && panel.context.path;
}"""
CELLS = """() => {
  const {cells} = jupyterapp.shell.currentWidget.context.model.toJSON();
  return cells.filter(cell => cell.cell_type === 'code');
}"""
FOLDED = """() => jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code').map(cell =>
  [cell.model.id, cell.inputHidden, cell.outputHidden])"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Run "make jupyter" in a copy of the chapters, for a reader new to JupyterLab; return its address too."""
    folder, home, port = tmp_path_factory.mktemp("book"), tmp_path_factory.mktemp("home"), free_port()
    for path in ROOT.iterdir():
        if path.name == "chapters":
            shutil.copytree(path, folder / path.name)
        elif path.name == "pages":
            shutil.copytree(path / "jupyter", folder / "pages" / "jupyter")
        elif path.name != ".git":
            (folder / path.name).symlink_to(path)
    options = f"--no-browser --allow-root --port={port} --IdentityProvider.token= --LabApp.expose_app_in_browser=True"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    reader = {"HOME": str(home), "MPLCONFIGDIR": matplotlib.get_cachedir(), "BOOK_STRICT": "1"}
    said = (home / "said.txt").open("w")
    server = subprocess.Popen(
        ["make", "-o", ".venv/.installed", "jupyter", f"OPTIONS={options}"], cwd=folder, env={**environment, **reader},
        stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and server.poll() is None:
            with suppress(OSError):
                urllib.request.urlopen(f"{address}/api", timeout=1)
                break
            time.sleep(0.2)
        else:
            pytest.fail((home / "said.txt").read_text()[-2000:])
        yield address, folder
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
        said.close()


@pytest.fixture
def opened(browser, lab):  # noqa: F811
    """Return a function that opens a chapter and waits for its kernel."""
    context = browser.new_context(viewport=DESK)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))

    def open_chapter(name: str):
        page.goto(f"{lab[0]}/lab/workspaces/{name[:2]}/tree/{name}")  # none that another visit has left tabs in
        assert page.wait_for_function(SETTLED, timeout=120_000).json_value() == name
        page.wait_for_timeout(1000)
        return page

    yield open_chapter
    context.close()
    assert [url for url in asked if not url.startswith((lab[0], "data:", "blob:"))] == []


def is_changed(page) -> bool:
    return page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty")


def test_a_chapter_is_trusted_folded_and_not_changed_by_opening_it(opened, lab):
    page = opened(LOOKED_AT)
    assert not is_changed(page)
    assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
    stored = json.loads((lab[1] / "chapters" / LOOKED_AT).read_text(encoding="utf-8"))["cells"]
    asked = {cell["id"]: cell["metadata"].get("jupyter", {}) for cell in stored if cell["cell_type"] == "code"}
    shown = {name: (code, output) for name, code, output in page.evaluate(FOLDED)}
    assert shown == {n: (j.get("source_hidden", False), j.get("outputs_hidden", False)) for n, j in asked.items()}
    assert sum(output for _, output in shown.values()) > 5

    page.evaluate("""() => { const {content} = jupyterapp.shell.currentWidget;
      const at = content.widgets.findIndex(cell => cell.model.id === 'fig-ellipsoid-moving');
      return content.scrollToItem(at, 'start'); }""")
    figure = page.locator(".jp-OutputArea-output figure[data-widget]").first
    figure.wait_for()
    slider, number = figure.locator("input").first, figure.locator("label").first
    before, drawing = number.inner_text(), figure.inner_html()
    slider.fill(slider.get_attribute("max"))
    assert number.inner_text() != before
    assert figure.inner_html() != drawing
    prose = "[...document.querySelectorAll('.jp-MarkdownOutput')]"
    assert page.evaluate(f"{prose}.every(e => e.offsetWidth <= 46 * 16)")
    assert page.evaluate("""[...document.querySelectorAll('.cite-group span')].every(e =>
      getComputedStyle(e).color === getComputedStyle(e.closest('p, li')).color)""")


@pytest.mark.slow
def test_a_chapter_runs_to_its_end_and_is_stored_as_it_was(opened, lab):
    """Every cell runs, the file is the same but for one thing: JupyterLab shows the outputs of what a reader runs."""
    path = lab[1] / "chapters" / RUN
    before = path.read_text(encoding="utf-8")
    page = opened(RUN)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")  # comes back when all have run
    page.wait_for_function(SETTLED, timeout=300_000)
    cells = [cell for cell in page.evaluate(CELLS) if cell["source"]]
    kinds = [output["output_type"] for cell in cells for output in cell["outputs"]]
    assert "error" not in kinds
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    assert not is_changed(page)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = join_parts(cell.outputs)  # what a busy machine printed in parts is one output
    assert nbformat.writes(notebook) + "\n" == before.replace('     "outputs_hidden": true,\n', "")
