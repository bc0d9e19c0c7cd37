"""Planted judges for `benchmarks.web`: each is right as often as its own reliability says.

They think for a few seconds, send some answers twice and take some back, over HTTP. What is true
of an episode stands in its instruction's number, which no page and no server reads.
"""

import contextlib
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np

from benchmarks.web_client import enter
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.judgements.judgement import Judgement
from sidestick.datasets.judgements.judgement_state import not_undone, resolved_by_episode
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.web.access import Access
from sidestick.teleop.web.dataset.library import Library
from sidestick.teleop.web.judging.answer_book import AnswerBook
from sidestick.teleop.web.judging.items import GIVEN_TWICE, OVERLAP, drawn
from tests.synthetic import made_up_episode

SENT_TWICE, FIRST_STAGGER_S = 0.1, 3.0
SIZE, STEPS = 16, 3
RELIABILITIES = (0.55, 0.98)
GOLD = 60
"""Episodes whose outcome an expert has given before."""


def truth(number: int) -> str:
    """What is true of an episode."""
    return "success" if random.Random(number).random() < 0.6 else "failure"


def made_up_workspace(folder: Path, count: int) -> Workspace:
    """A workspace of tiny episodes, numbered in their instructions; some are gold."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick", "tiny", image_size=SIZE))
    judgements = Judgements(workspace.db_path)
    for number in range(count):
        name = f"20250101T{number:06d}-{number:08x}"
        made = made_up_episode([-1] * STEPS, number, episode_id=name, image_size=SIZE)
        header = replace(made.summary.header, instruction=f"put can {number} into the tote")
        made = replace(made, summary=replace(made.summary, header=header))
        made.write(workspace.episodes_dir / f"{name}.hdf5")
        if number % max(1, count // GOLD) == 0:
            judgements.add(Judgement(name, "verdict", "expert", {"verdict": truth(number)}))
    return workspace


@dataclass
class Rounds:
    """What all judges did."""

    acknowledged: set[str] = field(default_factory=set)
    """Ids of answers that the server said it has."""
    reliability: dict[str, float] = field(default_factory=dict)
    delays_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def to_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {
            "acknowledged": sorted(self.acknowledged), "reliability": self.reliability,
            "delays_ms": self.delays_ms, "errors": self.errors,
        }  # fmt: skip

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> "Rounds":
        """What judges of another process did."""
        return cls(
            set(found["acknowledged"]), found["reliability"], found["delays_ms"], found["errors"]
        )

    def figures(self, workspace: Workspace) -> dict[str, Any]:
        """What is in the workspace's judgements, beside what was acknowledged."""
        judgements = Judgements(workspace.db_path)
        events = [e for e in not_undone(judgements.all()) if "answer" in e.payload]
        stored = Counter(event.payload["answer"] for event in events)
        book = AnswerBook(judgements)
        book.refresh()
        beyond, needed = 0, 0
        for key, answers in book.items().items():
            if answers.expert is None:
                wanted = GIVEN_TWICE if drawn(key) < OVERLAP else 1
                beyond += max(0, len(answers.judges) - wanted)
                needed += wanted == GIVEN_TWICE
        trust, names = Library(workspace).trust(), sorted(self.reliability)
        planted = np.array([self.reliability[name] for name in names])
        found = np.array([trust.accuracy(name) for name in names])
        right = [
            (state.success is True) == (truth(int(name[-8:], 16)) == "success")
            for name, state in resolved_by_episode(judgements).items()
        ]
        return {
            "judges": len(names),
            "answers": len(self.acknowledged),
            "lost": len(self.acknowledged - set(stored)),
            "stored_twice": sum(count > 1 for count in stored.values()),
            "answered_beyond_the_overlap": beyond,
            "items_for_two": needed,
            "answer_ms": {p: round(float(np.percentile(self.delays_ms, p)), 1) for p in (50, 99)},
            "reliability_error": round(float(np.abs(planted - found).mean()), 3),
            "reliability_correlation": round(float(np.corrcoef(planted, found)[0, 1]), 3),
            "resolved_right": round(float(np.mean(right)), 3),
            "errors": self.errors[:5],
        }


def judging_rounds(url: str, tokens: Sequence[str], seconds: float, thinks_s: float) -> Rounds:
    """Let judges answer for some seconds; they think `thinks_s` on average."""
    rounds, until = Rounds(), time.monotonic() + seconds
    spread = np.linspace(*RELIABILITIES, len(tokens))
    threads = []
    for number, token in enumerate(tokens):
        name = f"judge {number}"
        rounds.reliability[name] = float(spread[number])
        args = (rounds, url, token, name, until, thinks_s)
        threads.append(threading.Thread(target=_judge, args=args))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return rounds


@contextlib.contextmanager
def judging_process(
    url: str, access: Access, count: int, seconds: float, thinks_s: float
) -> Iterator["subprocess.Popen[str]"]:
    """The same in a process of its own, which prints what it did; it is ended at the end."""
    tokens = [access.invite("judge") for _ in range(count)]
    command = [sys.executable, "-m", "benchmarks.web_judges", url, str(seconds), str(thinks_s)]
    process = subprocess.Popen([*command, *tokens], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _judge(
    rounds: Rounds,
    url: str,
    token: str,
    name: str,
    until: float,
    thinks_s: float,
) -> None:
    chance = random.Random(name)
    try:
        client = enter(url, token, name)
        time.sleep(chance.uniform(0, FIRST_STAGGER_S))
        while time.monotonic() < until:
            found = client.post("/api/judge/next", json={"kind": "outcome"}).json()
            if found["item"] is None:
                return
            time.sleep(chance.expovariate(1 / thinks_s))
            _answer(rounds, client, found["item"], name, chance)
    except Exception as error:  # of any kind: it is counted
        with rounds.lock:
            rounds.errors.append(f"{type(error).__name__}: {error}"[:200])


def _answer(
    rounds: Rounds, client: httpx.Client, item: dict[str, Any], name: str, chance: random.Random
) -> None:
    number = int(re.findall(r"\d+", item["question"])[0])
    right = chance.random() < rounds.reliability[name]
    value = truth(number) if right else {"success": "failure", "failure": "success"}[truth(number)]
    answer = f"{chance.getrandbits(64):016x}"
    body = {"lease": item["lease"], "answer": answer, "value": value}
    for _ in range(2 if chance.random() < SENT_TWICE else 1):
        began = time.perf_counter()
        reply = client.post("/api/judge/answers", json=body)
        if reply.status_code == 200:
            with rounds.lock:
                rounds.acknowledged.add(answer)
                rounds.delays_ms.append((time.perf_counter() - began) * 1000)


if __name__ == "__main__":
    address, lasting, thinking, *given = sys.argv[1:]
    done = judging_rounds(address, given, float(lasting), float(thinking))
    print(json.dumps(done.to_json()))
