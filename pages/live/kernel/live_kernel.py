"""Runs the cells of a page as a notebook's kernel does. What it shows goes to the page, one JSON object a line."""

import ast
import base64
import builtins
import io
import json
import linecache
import os
import sys
import time
import traceback
import types

try:
    import live_host  # an engine that is told so
except ImportError:
    live_host = None  # one that reads a file

import IPython
from IPython import display
from needs import as_far_as_read, cells_needed, cells_to_run, names_left

MAIN = sys.modules["__main__"]
_out = None
_history = []  # (place, source) of the cells that have run to their end
_mine = set()  # names that are there before any cell has run
_drawn_as = "picture"  # or "wide" or "narrow": a drawing


_dumps, _streams = json.dumps, (sys.stdout, sys.stderr)  # whatever a cell does to them


def _flush():
    for stream in _streams:
        stream.flush()


def _tell(kind, **what):
    global _out
    _flush()  # so that all comes in the order in which it was shown
    text = _dumps({"type": kind, **what}, default=lambda raw: base64.b64encode(raw).decode())
    if live_host is not None:
        live_host.send(text)
        return
    if _out is None:
        _out = os.open("/host/out", os.O_WRONLY)
    os.write(_out, text.encode() + b"\n")


def _shown(kind, data, name=None):
    _tell(kind, data=data, id=name)


class _Formatter:
    def for_type(self, kind, function):
        if kind.__name__ != "Figure":  # which are drawn here
            display.by_type[kind] = function


class _Shell:
    """As much of IPython's shell as zoolib, pandas and matplotlib ask for."""

    kernel = None
    parent_header = {"metadata": {"cellId": "a reader's"}}  # somebody waits: long runs show a bar
    display_formatter = types.SimpleNamespace(mimebundle_formatter=_Formatter())
    events = types.SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)

    def enable_gui(self, *_):
        pass


def run(name, code, drawn_as="picture", watched=True):
    """Run the code of a cell: show the value of its last expression and the figures that it drew, or its error."""
    global _drawn_as
    _drawn_as = drawn_as
    sys.stdout, sys.stderr = _streams
    _Shell.parent_header = {"metadata": {"cellId": name} if watched else {}}
    file = f"<{name}>"
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)
    try:
        tree = ast.parse(code, file)
        silent = code.rstrip().endswith(";")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), MAIN.__dict__)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), file, "eval"), MAIN.__dict__)
            if value is not None and not silent:
                MAIN.__dict__["_"] = value
                _shown("execute_result", _bundle(value))
        _show_figures()
    except BaseException:
        _tell_error(file)
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        _flush()


def _tell_error(file):
    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next  # what the kernel does is no part of it
    line = trace.tb_lineno if trace is not None else getattr(error, "lineno", None)
    whole = "".join(traceback.format_exception(kind, error, trace))
    _tell("error", ename=kind.__name__, evalue=str(error), line=line, traceback=whole)


def _bundle(value):
    if type(value).__name__ == "Figure" and hasattr(value, "savefig"):
        return _figure(value)
    return display.bundle(value)


def _show_figures():
    plt = sys.modules.get("matplotlib.pyplot")
    for number in plt.get_fignums() if plt is not None else ():
        _shown("display_data", _figure(plt.figure(number)))


def _figure(figure):
    data = {"text/plain": repr(figure)}
    if _drawn_as == "picture":
        picture = io.BytesIO()
        figure.savefig(picture, format="png", bbox_inches="tight")
        return {**data, "image/png": picture.getvalue()}
    from zoolab.drawings.drawings import drawing
    from zoolab.drawings.labels import fit, write_numbers_out
    from zoolab.drawings.narrow import narrow

    write_numbers_out(figure)
    fit(figure)
    return {**data, "image/svg+xml": drawing(narrow(figure) if _drawn_as == "narrow" else figure)}


def needs(cells, stored, wanted):
    """Say which cells must run now for one of them, and on which each rests; take away what none makes any more.

    ``cells`` and ``stored`` are JSON, lists of sources as they now stand, None for one that cannot run, and as they are
    in the book.
    """
    cells = as_far_as_read(json.loads(cells), json.loads(stored), wanted)
    left = [name for name in names_left(cells, _history) if name in MAIN.__dict__ and name not in _mine]
    for name in left:
        del MAIN.__dict__[name]
    if left:
        ran(wanted, f"del {', '.join(left)}")
    now = cells_to_run(cells, wanted, _history)
    _tell("needs", cells=now, rests=[cells_needed(cells, place) for place in now])


def ran(place, code):
    """Note that a cell has run to its end."""
    _history.append((place, code))


def calibrate():
    """Say how many seconds this device takes for a piece of work like that of the book."""
    import numpy as np

    rng = np.random.default_rng(0)
    A, x = rng.standard_normal((100, 50, 5, 5)), rng.standard_normal((100, 50, 5))
    best = np.inf
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(60):
            np.einsum("...i,...ij,...j->...", x, A, x, optimize=False)
            A += 1e-3 * x[..., None] * x[..., None, :]
        best = min(best, time.perf_counter() - began)
    _tell("calibrated", seconds=best)


def night():
    """Say in which colour what is drawn in another is seen by night."""
    from zoolab.drawings.palette import NIGHT

    _tell("night", colours=dict(NIGHT))


def _begin():
    IPython._shell = _Shell()
    display.shown = _shown
    builtins.get_ipython = IPython.get_ipython
    builtins.display = display.display
    sys.modules["ipykernel"] = types.ModuleType("ipykernel")  # a claim that falls is shown, and the page goes on
    MAIN.live_kernel = sys.modules[__name__]
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # it would start a thread
    _mine.update(MAIN.__dict__)


_begin()
