"""`install_hint` says how one of Sidestick's extras is installed; errors of all rooms quote it.

The command works from any folder and for the Python that runs: it names the place that Sidestick
was installed from, which pip keeps beside the package (PEP 610, direct_url.json).
"""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAME = "sidestick"
CHECKOUT = "in Sidestick's checkout: "


def install_hint(extra: str) -> str:
    """The command that installs an extra."""
    try:
        found = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):  # run from source, or installed by another tool
        found = {}
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    url = str(found.get("url", ""))
    if "vcs_info" in found:
        version = found["vcs_info"]
        where = f"{NAME}[{extra}] @ {version['vcs']}+{url}@{version['commit_id']}"
        return f"{pip} {shlex.quote(where)}"
    if "archive_info" in found:
        return f"{pip} {shlex.quote(f'{NAME}[{extra}] @ {url}')}"
    folder = unquote(urlsplit(url).path)
    if not folder or not (Path(folder) / "pyproject.toml").is_file():
        return f"{CHECKOUT}{pip} -e '.[{extra}]'"
    editable = ["-e"] if found.get("dir_info", {}).get("editable") else []
    return shlex.join([*shlex.split(pip), *editable, f"{folder}[{extra}]"])
