"""The command line as a newcomer uses it: help, errors, JSON alone on standard output."""

import inspect
import json
import math
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EvaluationEntry
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.cli.console import print_json
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.verbs import VERBS, outlines
from tests.synthetic import made_up_episode

DRIVE = ["--headless", "--driver", "simulated", "--json"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a script calls it."""
    command = [sys.executable, "-c", "from sidestick.teleop.cli.main import main; main()"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The command in this process: exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), captured.out, captured.err


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two short demonstrations of the simulated operator, made by the command."""
    path = tmp_path_factory.mktemp("cli") / "my shelf – Übung"
    done = run(
        "drive", str(path), "--task", "ShelfPick", "--num-items", "2", "--episodes", "2", *DRIVE
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report.keys() == {
        "episodes",
        "successes",
        "human_steps",
        "policy_steps",
        "takeovers",
        "level",
        "policy",
        "policy_choice",
    }
    assert report["policy"] is report["policy_choice"] is None
    assert report["episodes"] == 2
    assert report["level"] == "demonstrate"
    return path


HEAVY = {"torch", "pybullet", "matplotlib", "scipy.stats", "scipy.optimize"}
"""What takes half a second and more to load."""


def test_no_help_waits_for_what_only_running_needs() -> None:
    """Nor do the list of verbs, the version and a wrong verb: that took four seconds and more."""
    code = (
        "import sys, contextlib\n"
        "from sidestick.teleop.cli.main import main\n"
        "plain = ['--help'], ['--version'], ['nonsense']\n"
        f"for words in (*plain, *([verb, '--help'] for verb in {list(VERBS)})):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main(words)\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
    assert done.stdout.count("usage: sidestick") == 1 + len(VERBS)
    assert f"sidestick {version('sidestick')}" in done.stdout.splitlines()


REFUSALS = (
    *((verb, "WS") for verb in ("evaluate", "generate", "ladder", "learn", "policies", "practice",
      "pretrain", "report", "review", "serve", "serve-policy", "sweep", "train")),
    ("compare", "WS", "1", "2"),
    ("train", "WS", "--execute", "99"),
    ("train", "WS", "--head", "nothing"),
    ("train", "--nothing"),
    ("pretrain", "WS", "--out", "weights"),
    ("learn", "WS", "--margin", "2"),
)  # fmt: skip


def test_no_refusal_waits_for_networks(tmp_path: Path) -> None:
    """Of a folder that is no workspace, and of bad options: PyTorch takes two seconds to load."""
    asked = [tuple(word.replace("WS", str(tmp_path)) for word in words) for words in REFUSALS]
    code = (
        "import sys, contextlib\n"
        "from sidestick.teleop.cli.main import main\n"
        f"for words in {asked}:\n"
        "    try:\n"
        "        main(words)\n"
        "    except SystemExit as ended:\n"
        "        assert ended.code == 2, words\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
    assert " ".join(done.stderr.split()).count("is no workspace") == 14


def test_no_list_waits_for_statistics(taught: Path, tmp_path: Path) -> None:
    """The rates of evaluations have intervals without scipy.stats, which takes 0.7 seconds."""
    workspace = Workspace.open(shutil.copytree(taught, tmp_path / "shelf"))
    evaluation = EvaluationEntry("0001", workspace.config.task, 20000, 10, 9)
    Database(workspace.db_path).add_evaluation(evaluation)
    code = (
        "import sys, contextlib\n"
        "from sidestick.teleop.cli.main import main\n"
        "for verb in ('inspect', 'ledger', 'policies', 'episodes'):\n"
        "    with contextlib.suppress(SystemExit):\n"
        f"        main((verb, {str(workspace.path)!r}))\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_mistyped_verb_is_told_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """As is any other name that nobody registered."""
    code, _, err = call(capsys, "evalute", "shelf")
    assert code == 2
    assert "unknown verb 'evalute'" in err
    assert "did you mean evaluate?" in " ".join(err.split())


def test_the_list_of_verbs_shows_their_own_sentences() -> None:
    """Read from the files without loading them."""
    for verb, outline in outlines().items():
        whole = inspect.getdoc(VERBS[verb]) or ""
        assert outline.__doc__ == whole.partition("\n\n")[0] != ""


@pytest.mark.parametrize("words", [("inspect",), ("replay", "--verify")])
def test_episodes_are_counted_from_the_end_too(
    workspace: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """-1 is the last one for every verb that takes an episode, and no option."""
    last = Workspace.open(workspace).episodes()[-1].stem
    code, out, _ = call(capsys, words[0], str(workspace), "-1", *words[1:], "--json")
    assert (code, last in out) == (0, True)
    code, _, said = call(capsys, words[0], str(workspace), "-3", *words[1:], "--json")
    assert (code, "unknown episode '-3'" in said) == (2, True)


def test_check_reports_a_sound_workspace(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts, and nothing damaged; JSON alone on standard output."""
    code, out, _ = call(capsys, "check", str(workspace), "--json")
    assert code == 0
    report = json.loads(out)
    assert report["episodes"] == report["complete"] == 2
    assert report["damaged"] == []
    assert report["recovered"] == 0
    assert report["steps"] > 0


def test_replay_verifies_an_episode(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Simulated again from seed and actions, every state is the same."""
    code, out, _ = call(capsys, "replay", str(workspace), "0", "--verify", "--json")
    assert code == 0
    verdict = json.loads(out)
    assert verdict["identical"] is True
    assert verdict["max_state_error"] == 0.0
    assert verdict["first_divergence"] is None


def test_a_damaged_episode_is_named_and_the_rest_is_used(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, the file by name, and the sound ones still count."""
    bad = workspace / "episodes" / "20200101T000000-deadbeef.hdf5"
    bad.write_bytes(b"not an episode")
    try:
        code, out, _ = call(capsys, "check", str(workspace), "--json")
        assert code == 1
        report = json.loads(out)
        assert report["episodes"] == 2
        assert any("deadbeef" in problem["file"] for problem in report["damaged"])
    finally:
        bad.unlink()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["drive", "{ws}", "--task", "ShelfPock", *DRIVE], ["ShelfPock", "ShelfPick"]),
        (["drive", "{ws}", "--level", "superb", *DRIVE], ["superb", "supervised"]),
        (["drive", "{ws}", "--level", "supervised", *DRIVE], ["no policy", "train"]),
        (["drive", "{ws}", "--episodes", "0", *DRIVE], ["--episodes", "at least 1"]),
        (["drive", "{ws}/new", *DRIVE], ["no workspace"]),
        (["evaluate", "{ws}"], ["no policy"]),
        (["evaluate", "{ws}", "--policy", "0042"], ["0042", "none"]),
        (["check", "{ws}/nowhere"], ["no workspace", "nowhere"]),
        (["train", "{ws}", "--head", "gpt"], ["gpt", "bc"]),
        (["replay", "{ws}", "nothing", "--verify"], ["nothing"]),
        (["replay", "{ws}", "0", "--out", "x.mp4", "--size", "big"], ["640x480", "big"]),
        (["pretrain", "--task", "Juggle", "--out", "p.safetensors"], ["Juggle", "ShelfPick"]),
    ],
)
def test_bad_input_says_what_was_asked_and_what_exists(
    arguments: list[str],
    words: list[str],
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, a sentence on standard error, nothing on standard output."""
    code, out, err = call(capsys, *(word.format(ws=workspace) for word in arguments))
    assert code == 2
    assert out == ""
    flat = " ".join(err.split())
    for word in words:
        assert word in flat


def test_training_says_what_it_made_and_evaluation_drives_it(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next command that training prints lets the policy drive."""
    copy = shutil.copytree(workspace, tmp_path / "two shelves")
    few_steps = ("--head", "act", "--steps", "3", "--selection-episodes", "0")
    code, out, err = call(capsys, "train", str(copy), *few_steps)
    said = " ".join((out + err).split())
    assert code == 0
    assert "policy 0001: act from 2 episodes" in said
    assert "kept: after 3" in said
    asked = shlex.split(said.split("next: sidestick ")[1])
    assert asked == ["evaluate", str(copy), "--policy", "0001"]
    code, out, _ = call(capsys, *asked, "--episodes", "1", "--workers", "1", "--json")
    assert code == 0
    assert json.loads(out)["episodes"] == 1


def test_a_workspace_of_another_variant_is_refused(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Episodes of different worlds are never mixed."""
    asked = ["drive", str(workspace), "--task", "ShelfPick", "--num-items", "5", *DRIVE]
    code, _, err = call(capsys, *asked)
    assert code == 2
    assert "num_items" in err


def test_tasks_are_listed_with_their_variants(capsys: pytest.CaptureFixture[str]) -> None:
    """Every task, with the keywords of its variants."""
    code, out, _ = call(capsys, "tasks", "--json")
    assert code == 0
    tasks = {task["task"]: task for task in json.loads(out)}
    assert tasks["ShelfPick"]["variants"] == {"num_items": 6, "variation": "none"}
    assert tasks["ShelfPick"]["choices"] == {"variation": ["none", "mild", "strong"]}


class Opened:
    """What each verb that takes an episode opens, by the id that it reports or stores."""

    def __init__(
        self, path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.path, self._capsys, self._saved = path, capsys, list[str]()
        monkeypatch.setattr(
            "sidestick.teleop.cli.view.save",
            lambda episode, hz, file: self._saved.append(episode.summary.id),
        )

    def __call__(self, verb: str, episode: str) -> str:
        return str(getattr(self, verb)(episode))

    def replay(self, episode: str) -> str:
        return self._json("replay", str(self.path), episode, "--verify")["episode"]

    def inspect(self, episode: str) -> str:
        return self._json("inspect", str(self.path), episode)["id"]

    def view(self, episode: str) -> str:
        call(self._capsys, "view", str(self.path), episode, "--out", "a.rrd")
        return self._saved[-1]

    def review(self, episode: str) -> str:
        self._json("review", str(self.path), "--episode", episode, "--headless",
                   "--driver", "simulated", "--episodes", "1")  # fmt: skip
        return Judgements(Workspace.open(self.path).db_path).all()[-1].episode

    def _json(self, *arguments: str) -> dict[str, str]:
        return json.loads(call(self._capsys, *arguments, "--json")[1])


@pytest.mark.parametrize("verb", ["replay", "inspect", "view", "review"])
def test_every_verb_finds_an_episode_in_the_same_way(
    verb: str,
    tmp_path: Path,
    quiet_sdl: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """-1 is the last episode, though the id of another contains it."""
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick", image_size=16))
    ids = [f"20250101T00000{place}-{tail}" for place, tail in enumerate(("1a", "2b", "3c"))]
    for number, stem in enumerate(ids):
        episode = made_up_episode([-1] * 5, number, image_size=16, episode_id=stem)
        episode.write(made.episodes_dir / f"{stem}.hdf5")
    opened = Opened(made.path, capsys, monkeypatch)
    for asked, found in (("-1", ids[2]), ("0", ids[0]), ("2b", ids[1]), ("1-2", ids[1])):
        assert opened(verb, asked) == found


def test_json_has_null_where_a_number_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    """NaN and Infinity are no JSON: other languages' readers refuse the whole document."""
    print_json({"rate": math.nan, "rows": [(1.0, math.inf)], "name": "NaN"})
    assert json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name)) == {
        "rate": None,
        "rows": [[1.0, None]],
        "name": "NaN",
    }


def test_every_task_is_described_by_numbers_and_text() -> None:
    """The step limit of a task with several objects is a property of an instance."""
    described = json.loads(run("tasks", "--json").stdout)
    assert len(described) == 3
    assert all(isinstance(task["max_steps"], int) for task in described)
