"""What the pages of the book need: claims, figures, sources; nothing here is needed to run a bandit."""

from zoolib.faces import later

__getattr__ = later(
    __name__,
    {
        "claims": ["claim"],
        "notebook": ["source"],
        "plots": [],
    },
)
