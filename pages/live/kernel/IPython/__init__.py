"""What the cells of the book use of IPython, for the page that runs them."""

from . import display as display

version_info = (9, 0, 0, "")
_shell = None  # the kernel puts its own here


def get_ipython():
    """Return the shell that runs the cell."""
    return _shell
