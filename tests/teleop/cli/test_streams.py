"""Standard streams that are closed, full or broken: nothing is lost, nothing ends for them."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sidestick.teleop.cli import streams
from sidestick.teleop.cli.console import complain, print_json, say

PRINTING = """
import sys
from sidestick.teleop.cli.streams import OutputLost, fill_holes, put_out
fill_holes()
opened = open({path!r}, "w")
assert opened.fileno() > 2
print("said", file=sys.stderr, flush=True)
try:
    put_out("result")
except OutputLost:
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("how", "code", "out", "err"),
    [
        ("2>&-", 0, "result", ""),
        ("0<&- 1>&- 2>&-", 0, "", ""),
        ("1>/dev/full", 1, "", "said"),
    ],
)
def test_no_stream_takes_the_number_of_a_file(
    how: str, code: int, out: str, err: str, tmp_path: Path
) -> None:
    """What is printed comes out where it can; what cannot be written is an exit code."""
    script = tmp_path / "script.py"
    script.write_text(PRINTING.format(path=str(tmp_path / "file")))
    command = f"exec {sys.executable} {script} {how}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (code, out, err)
    assert (tmp_path / "file").read_text() == ""


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words for people are lost with it, and that is all."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

        def flush(self) -> None:
            self.write("")

    monkeypatch.setattr(sys, "stderr", Gone())
    say("hello")
    complain("no")
    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(streams.OutputLost, match="Input/output error"):
        streams.put_out("{}")


def test_json_is_printed_to_a_terminal_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """With other letters escaped, as JSON has it; the value is the same."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print_json({"operator": "J\u00f6rg"})
    assert json.loads(raw.getvalue()) == {"operator": "J\u00f6rg"}


def test_a_present_folder_that_was_removed_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Native libraries die of it without a word to people."""
    assert not streams.folder_missing()
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert "was removed" in streams.folder_missing()
    monkeypatch.chdir(tmp_path)
