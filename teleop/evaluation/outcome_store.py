"""`OutcomeStore` knows the outcomes of rollouts that were driven before, here or elsewhere.

An outcome depends on the policy's files, the environment, the seed, this program, the libraries
that compute, and the kind of device; whoever changes one of them drives anew.
"""

import functools
import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from ...datasets.config import WorkspaceConfig
from ...datasets.files.decoding import decoded
from ...datasets.finished_jobs import FinishedJobs
from ...policies.base.json_files import read_json
from ...policies.policy_config import CONFIG
from ...sim_envs.errors import BadValue
from ...sim_envs.plug_ins import Group, is_plug_in
from ..session.subscriber import EpisodeOutcome

ROOMS = Path(__file__).parents[2]
CODE = ("sim_envs", "policies", "teleop/session")
"""Folders of code that an outcome depends on."""
LIBRARIES = ("numpy", "pybullet", "torch")
SUFFIXES = (".py", ".urdf")


class OutcomeStore:
    """The outcomes of one policy in one environment."""

    def __init__(self, folder: Path, digest: str, environment: str, device: str) -> None:
        kind = {"policy": digest, "environment": environment, "device": device, "code": code()}
        self._jobs = FinishedJobs(folder, kind)

    def outcomes(self) -> dict[int, EpisodeOutcome]:
        """What was driven before, by seed."""
        found = {}
        for seed, result in self._jobs.results().items():
            try:
                outcome = decoded(result, EpisodeOutcome, "outcome")
            except BadValue:  # of a stranger, or of another version: it is driven again
                continue
            if outcome.seed == seed:
                found[seed] = outcome
        return found

    def add(self, outcome: EpisodeOutcome) -> None:
        """Keep an outcome."""
        self._jobs.add(outcome.seed, asdict(outcome))


def is_known(config: WorkspaceConfig, policy: Path) -> bool:
    """Whether all that an outcome depends on is known: this program and the policy's files.

    Not for a world of other software, nor where a plug-in is the task or a part of the policy.
    """
    from ...policies.plugged_parts import KEY as PLUG_INS  # it loads PyTorch

    if config.world or is_plug_in(Group.TASKS, config.task):
        return False
    return PLUG_INS not in read_json(policy / CONFIG)


@functools.cache
def code() -> str:
    """Digest of the code that drives, and of the versions of what it computes with."""
    found = hashlib.sha256()
    for folder in CODE:
        for path in sorted((ROOMS / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                content = path.read_bytes()
                found.update(f"{path.relative_to(ROOMS)} {len(content)}\n".encode())
                found.update(content)
    for library in LIBRARIES:
        found.update(f"{library} {version(library)}\n".encode())
    return found.hexdigest()
