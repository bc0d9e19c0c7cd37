"""The command line in this process, with a package of a user on the path: PyTorch starts once."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidestick.policies.remote.consent import VARIABLE as SERVERS
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE as WORLDS
from sidestick.teleop.cli.main import main
from tests.own_packages import own_pack

Run = Callable[..., Any]
"""Takes the arguments; gives the JSON of a `--json` report, else what was said. `ok=False` is for
commands that are refused."""


def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **code: str
) -> Run:
    """Commands in a folder, where modules of this code are importable as `own_pack`."""
    package = own_pack(folder, **code)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(package)
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("SIDESTICK_CONFIG_DIR", str(folder / "settings"))
    for variable in (SERVERS, WORLDS):
        monkeypatch.setenv(variable, "")

    def run(*arguments: str, ok: bool = True) -> Any:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, said = capsys.readouterr()
        assert "Traceback" not in said
        assert (ended.value.code == 0) == ok, out + said
        return json.loads(out) if ok and "--json" in arguments else " ".join(said.split())

    return run
