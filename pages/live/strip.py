# Runs in the engine (prepare.mjs): writes to /tmp/out the bytecode of the library without its long docstrings, which
# nobody reads in a page, and the list of fonts that matplotlib would make at each start. NumPy's docstrings stay:
# it reads them itself. A short string can be the same constant as a name.
import dis
import importlib
import marshal
import os
import shutil
import types

HAS_DOCSTRING, LONG, LIBRARY = 0x4000000, 40, "/usr/local/lib/python3.15/"


def stripped(code):
    constants, flags = list(code.co_consts), code.co_flags
    if flags & HAS_DOCSTRING and isinstance(constants[0], str) and len(constants[0]) > LONG:
        constants[0], flags = None, flags & ~HAS_DOCSTRING
    if not flags & 1:  # of a module or a class, which store it under a name
        before = None
        for one in dis.get_instructions(code):
            if one.opname == "STORE_NAME" and one.argval == "__doc__":
                if before.opname == "LOAD_CONST" and isinstance(before.argval, str) and len(before.argval) > LONG:
                    constants[before.arg] = None
                break
            if one.offset > 200:
                break
            if one.opname not in ("CACHE", "RESUME", "NOP", "NOT_TAKEN"):
                before = one
    constants = [stripped(one) if isinstance(one, types.CodeType) else one for one in constants]
    return code.replace(co_consts=tuple(constants), co_flags=flags)


for folder, _, names in os.walk(LIBRARY):
    within = folder.removeprefix(LIBRARY.rstrip("/")).lstrip("/")
    for name in names:
        if name.endswith(".pyc") and within.split("/")[0] != "numpy":
            with open(f"{folder}/{name}", "rb") as file:
                read = file.read()
            os.makedirs(f"/tmp/out/library/{within}", exist_ok=True)
            with open(f"/tmp/out/library/{within}/{name}", "wb") as file:
                file.write(read[:16] + marshal.dumps(stripped(marshal.loads(read[16:]))))

os.environ["MPLCONFIGDIR"] = "/tmp/fonts"
os.makedirs("/tmp/fonts")
importlib.import_module("matplotlib.font_manager")

os.makedirs("/tmp/out/matplotlib")
for name in os.listdir("/tmp/fonts"):
    if name.startswith("fontlist"):
        shutil.copy(f"/tmp/fonts/{name}", f"/tmp/out/matplotlib/{name}")
