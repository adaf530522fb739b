"""Which cells must have run before another: those that make or change what it, or one of them, uses."""

import ast
import functools
from dataclasses import dataclass, field

# What these make has a state: to be handed to a function may change it.
STATEFUL = {"generator", "generators", "default_rng", "Generator", "iter", "open"}
READERS = {
    "print",
    "display",
    "len",
    "repr",
    "str",
    "sorted",
    "claim",
    "type",
    "isinstance",
    "range",
    "enumerate",
    "zip",
}
SETTING = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)  # for certain


@dataclass
class Names:
    """What a cell does to the names of the page."""

    reads: set = field(default_factory=set)  # before it sets them
    sets: set = field(default_factory=set)  # for certain, and anew
    changes: set = field(default_factory=set)  # perhaps, or in part
    imports: set = field(default_factory=set)
    stateful: set = field(default_factory=set)
    handed: set = field(default_factory=set)  # to functions
    later: dict = field(default_factory=dict)  # what its functions and classes change when they are used


def cells_needed(cells, wanted):
    """Return the places of the cells that must have run for the one at ``wanted``, it included, in order.

    ``cells`` has the source of each; None for one that cannot run, whose names nobody gets.
    """
    seen, written_by = _all_names(cells)
    needed, names = {wanted}, seen[wanted].reads | (written_by(seen[wanted]) - seen[wanted].sets)
    for i in range(wanted - 1, -1, -1):
        if written_by(seen[i]) & names:
            needed.add(i)
            names = (names - seen[i].sets) | seen[i].reads | (written_by(seen[i]) - seen[i].sets)
    return sorted(needed)


def cells_to_run(cells, wanted, history):
    """Return which of the cells that one needs must be run now, in order, it included.

    Those that have run as they now stand are left out, unless what they made has been changed since by a cell that
    comes later or is not needed, or what they need has been made anew.

    Parameters
    ----------
    cells, wanted
        As for :func:`cells_needed`.
    history
        ``(place, source)`` of every cell that has run to its end, in the order in which they did.
    """
    seen, written_by = _all_names(cells)
    written = [written_by(one) for one in seen]
    needed = cells_needed(cells, wanted)
    wrote = [(i, written_by(names_of(code)), code == cells[i]) for i, code in history]
    last = {i: at for at, (i, code) in enumerate(history) if code == cells[i]}
    stale = {i for i in needed if i not in last} | {wanted}

    uses = [one.reads | names for one, names in zip(seen, written, strict=True)]

    def is_stale(i):
        if any(written[j] & uses[i] for j in stale if j < i):
            return True
        for k, names, as_it_is in wrote[last[i] + 1 :]:
            if k in needed and k < i:  # what it needs has been made anew
                if names & uses[i]:
                    return True
            elif k not in needed or k == i or not as_it_is:  # what it made has been changed
                if names & written[i]:
                    return True
            elif any(names & written[i] & uses[j] for j in stale if i < j <= k):  # for one that must find it as it was
                return True
        return False

    while found := {i for i in needed if i not in stale and is_stale(i)}:
        stale |= found
    return sorted(stale)


def _all_names(cells):
    """Return what each cell does to the names of the page, and a function that says which of them a cell writes.

    To use a module does not change it; to be handed on changes only what has a state.
    """
    seen = [names_of(code) for code in cells]
    modules = set().union(*(one.imports for one in seen))
    stateful = set().union(*(one.stateful for one in seen))
    later = {name: changed for one in seen for name, changed in one.later.items()}

    def written_by(one):
        used = set().union(*(later.get(name, ()) for name in one.reads - set(one.later)))
        return one.sets | ((one.changes | ((one.handed | used) & stateful)) - modules)

    return seen, written_by


def as_far_as_read(cells, stored, wanted):
    """Return ``cells``, and in the place of one that cannot be read what is ``stored``, as of one that has not run.

    Then who needs it runs it, and fails with it, and does not find what it made before. The one that is ``wanted``
    stays: it fails at once.
    """
    return [
        f"{old}\n# not read" if i != wanted and _statements(code) is None else code
        for i, (code, old) in enumerate(zip(cells, stored, strict=True))
    ]


def names_left(cells, history):
    """Return the names that cells have made, and that none makes any more as it now stands."""
    return _made(code for _, code in history) - _made(cells)


def _made(cells):
    return set().union(*(one.sets | one.changes for one in map(names_of, cells)))


@functools.lru_cache(1000)
def _statements(code):
    """Return the statements of a cell, none for None; None for one that cannot be read."""
    try:
        return ast.parse(code or "").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@functools.lru_cache(1000)
def names_of(code):
    """Return what a cell does to the names of the page; of one that cannot be read, nothing."""
    found = Names()
    for statement in _statements(code) or ():
        loaded, stored = _names(statement)
        found.reads |= loaded - found.sets
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            inside = Names()
            _see(statement, inside)
            found.later[statement.name] = (inside.changes | inside.handed) - _own(statement) - {None}
        else:
            _see(statement, found)
            if not isinstance(statement, (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)):
                found.reads |= {node.target.id for node in ast.walk(statement) if _adds(node)} - found.sets
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.imports |= stored
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(statement.value, ast.Call):
            made = statement.value.func
            name = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
            if name in STATEFUL or name[:1].isupper():
                found.stateful |= stored
        certain = _certain(statement)  # a loop has something to go through
        found.sets |= certain
        found.changes |= stored - certain  # under a condition
    found.changes -= {None}
    return found


def _adds(node):
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)


def _see(node, found):
    """Note what is changed and what is handed to functions within a statement, but for names of inner functions."""
    if isinstance(node, ast.Lambda):
        inside = Names()
        _see(node.body, inside)
        found.changes |= inside.changes - _own(node)
        found.handed |= inside.handed - _own(node)
        return
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        found.changes.add(_root(node))
    elif _adds(node):
        found.changes.add(node.target.id)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            found.changes.add(_root(node.func))  # agent.update(...)
        if not (isinstance(node.func, ast.Name) and node.func.id in READERS):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            found.handed |= {one.id for one in given if isinstance(one, ast.Name)}
    for part in ast.iter_child_nodes(node):
        _see(part, found)


def _own(node):
    """Return the names that a function, or the functions of a class, keep to themselves."""
    own = set()
    for one in ast.walk(node):
        if isinstance(one, ast.arg):
            own.add(one.arg)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            own.add(one.id)
    return own


def _names(node):
    """Return the names that a statement loads from outside of its own functions, and those that it stores."""
    loaded, stored = set(), set()
    if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
        arguments = getattr(node, "args", None)
        outside = [*getattr(node, "decorator_list", []), *getattr(node, "bases", [])]
        own = set()
        if arguments is not None:
            outside += [*arguments.defaults, *(one for one in arguments.kw_defaults if one)]
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            own = {one.arg for one in named if one}
        for part in outside:
            loaded |= _names(part)[0]
        used = set()
        for part in node.body if isinstance(node.body, list) else [node.body]:
            more, made = _names(part)
            used |= more
            own |= made
        loaded |= used - own
        return loaded, set() if isinstance(node, ast.Lambda) else {node.name}
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        for part in ast.iter_child_nodes(node):
            more, made = _names(part)
            loaded |= more
            stored |= made
        return loaded - stored, set()
    if isinstance(node, (ast.For, ast.AsyncFor)):  # what it counts with is set before its body reads it
        within, stored = _block([*node.body, *node.orelse])
        own = _names(node.target)[1]
        loaded = _names(node.iter)[0] | _names(node.target)[0] | (within - own)
        return loaded, stored | own
    if isinstance(node, (ast.With, ast.AsyncWith)):
        for one in node.items:
            more, made = _names(one)
            loaded |= more
            stored |= made
        within, made = _block(node.body)
        return loaded | (within - stored), stored | made
    if isinstance(node, ast.Name):
        (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        stored |= {(one.asname or one.name).split(".")[0] for one in node.names}
    for part in ast.iter_child_nodes(node):
        more, made = _names(part)
        loaded |= more
        stored |= made
    return loaded, stored


def _block(statements):
    """Return what statements in a row load before one of them has set it, and what they store."""
    loaded, stored, certain = set(), set(), set()
    for one in statements:
        more, made = _names(one)
        loaded |= (more | {node.target.id for node in ast.walk(one) if _adds(node)}) - certain
        stored |= made
        if isinstance(one, SETTING):
            certain |= made
    return loaded, stored


def _certain(statement):
    """Return the names that a statement sets for certain, a loop if it has something to go through."""
    if isinstance(statement, SETTING):
        return _names(statement)[1]
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return _names(statement.target)[1].union(*map(_certain, statement.body))
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        made = (_names(one)[1] for one in statement.items)
        return set().union(*made, *map(_certain, statement.body))
    return set()


def _root(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
