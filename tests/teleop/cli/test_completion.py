"""The completion that `sidestick completion` prints completes verbs, options and values."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
. ./script
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
$(complete -p sidestick | sed 's/.*-F \\([^ ]*\\).*/\\1/')
echo "${{COMPREPLY[*]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_verbs_options_and_values(tmp_path: Path) -> None:
    """In a shell that has read the script; a text of the help is no word of it."""
    command = [sys.executable, "-m", "sidestick", "completion"]
    (tmp_path / "script").write_text(subprocess.check_output([*command, "bash"], text=True))
    wanted = {
        "sidestick eval": "evaluate",
        "sidestick evaluate --po": "--policy",
        "sidestick drive shelf --view ''": "auto gl tiny",
        "sidestick inspect shelf --qui": "--quiet",
    }
    for words, found in wanted.items():
        done = subprocess.run(
            ["bash", "-c", ASK.format(words=words)],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == found, words
