"""The command that installs an extra works wherever the user is, for the Python that runs."""

import json
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sidestick.sim_envs import install
from sidestick.sim_envs.install import install_hint

PIP = [sys.executable, "-m", "pip", "install"]


def installed_from(monkeypatch: pytest.MonkeyPatch, direct_url: dict[str, Any] | None) -> None:
    """As if pip had kept this beside the package."""
    text = None if direct_url is None else json.dumps(direct_url)
    told = SimpleNamespace(read_text={"direct_url.json": text}.get)
    monkeypatch.setattr(install, "distribution", lambda name: told)


@pytest.mark.parametrize("editable", [True, False])
def test_a_checkout_is_named(
    editable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one with a space in its name; what is installed editable stays so."""
    folder = tmp_path / "my checkout"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    installed_from(monkeypatch, {"url": folder.as_uri(), "dir_info": {"editable": editable}})
    expected = [*PIP, *(["-e"] if editable else []), f"{folder}[web]"]
    assert shlex.split(install_hint("web")) == expected


@pytest.mark.parametrize("direct_url", [None, {"url": "file:///gone", "dir_info": {}}])
def test_without_a_checkout_one_is_asked_for(
    direct_url: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was removed, or another tool installed the package."""
    installed_from(monkeypatch, direct_url)
    assert install_hint("ray") == f"in Sidestick's checkout: {shlex.join(PIP)} -e '.[ray]'"


def test_a_repository_and_a_wheel_are_named_by_their_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the commit that is installed."""
    version = {"vcs": "git", "commit_id": "abc"}
    installed_from(monkeypatch, {"url": "https://host/sidestick", "vcs_info": version})
    assert shlex.split(install_hint("web"))[-1] == "sidestick[web] @ git+https://host/sidestick@abc"
    wheel = "file:///tmp/sidestick-0.1.0-py3-none-any.whl"
    installed_from(monkeypatch, {"url": wheel, "archive_info": {}})
    assert shlex.split(install_hint("web"))[-1] == f"sidestick[web] @ {wheel}"
