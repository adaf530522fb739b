"""JupyterLab for the chapters ("make jupyter"): what you only open stays as it is, and no other server is asked.

JupyterLab writes into a notebook how this machine's kernel is called and which Python it is, takes that for a change of
the reader's, and asks whether to save it. Here it is told so when it opens the notebook, and none of it is stored.
"""

from __future__ import annotations

import platform
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

NAME, STORED = "python3", "Python 3"


def is_blank(output: dict[str, Any]) -> bool:
    """Tell whether an output is what a bar of progress leaves behind: HTML without a sign."""
    return output["output_type"] == "display_data" and not "".join(output["data"].get("text/html", "here"))


class Chapters(AsyncLargeFileManager):
    """The folder of the chapters."""

    async def get(self, path: str, content: bool = True, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return a file, and with a notebook what its kernel is going to say of itself."""
        model = await super().get(path, content, *args, **kwargs)
        if model["type"] == "notebook" and model["content"]:
            metadata = model["content"]["metadata"]
            if metadata.get("kernelspec", {}).get("name") == NAME and "language_info" in metadata:
                metadata["kernelspec"]["display_name"] = KernelSpecManager().get_kernel_spec(NAME).display_name
                metadata["language_info"]["version"] = platform.python_version()
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Store a file, a notebook without the name of the kernel, the version of Python, and bars that are gone."""
        if model.get("type") == "notebook" and "content" in model:
            metadata = model["content"]["metadata"]
            if metadata.get("kernelspec", {}).get("name") == NAME:
                metadata.get("language_info", {}).pop("version", None)
                metadata["kernelspec"]["display_name"] = STORED
            for cell in model["content"]["cells"]:
                if cell["cell_type"] == "code":
                    cell["outputs"] = [output for output in cell["outputs"] if not is_blank(output)]
        return await super().save(model, path)


c = get_config()  # noqa: F821  JupyterLab's own
c.ServerApp.contents_manager_class = Chapters
c.LabApp.custom_css = True
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
