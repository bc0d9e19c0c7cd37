"""`add_remote` makes a policy of the workspace out of somebody else's policy server.

`sidestick policies --remote` calls it. The server answers once before anything is written, so that
one that is not there, or whose actions are of another size or scale, is refused with the reason.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ...datasets.episode import Episode
from ...datasets.files.decoding import decoded, parsed_json
from ...datasets.files.plain_file import own_folder
from ...datasets.workspace import Workspace
from ...policies.base.plan import Plan
from ...policies.base.provenance import Provenance, ProvenanceKind, code_version
from ...policies.policy_config import Count, PolicyConfig
from ...policies.remote.settings import RemoteSettings
from ...policies.remote_policy import RemotePolicy
from ...policies.store import STAGING, PolicyStore
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import Observation
from ..session.environments import workspace_env

EXECUTE = "execute"
"""Option: how many of the server's actions are executed before it is asked again."""


def options_of(text: str) -> dict[str, Any]:
    """The options of a remote policy from JSON; BadValue where it is no object of such options."""
    values = parsed_json(text, "--remote-options") if text.strip() else {}
    known = ({item.name for item in fields(RemoteSettings)} | {EXECUTE}) - {"url"}
    if not isinstance(values, dict) or set(values) - known:
        raise BadValue("--remote-options", f"a JSON object with {sorted(known)}", text[:80])
    return values


def add_remote(workspace: Workspace, url: str, options: Mapping[str, Any]) -> tuple[str, Plan]:
    """The number of the new policy, and what the server answered to a first observation.

    PolicyError or BadValue says why the server cannot drive here; nothing is written then.
    """
    given = {**options}
    given_execute = given.pop(EXECUTE, PolicyConfig.execute)
    goal_names, prompts, observation = _first_scene(workspace)
    settings = RemoteSettings.from_json({"prompts": prompts, **given, "url": url})
    here = workspace.config
    config = PolicyConfig(
        task=here.task,
        renderer=here.renderer,
        goal_names=goal_names,
        cameras=here.cameras,
        image_size=here.image_size,
        execute=decoded(given_execute, Count, EXECUTE),
        provenance=Provenance(kind=ProvenanceKind.ELSEWHERE, version=code_version()),
        action_axes=here.action_axes,
        readings=here.readings,
    )
    policy = RemotePolicy(config, settings)
    try:
        policy.check()
        plan = policy.plan(observation)
    finally:
        policy.close()
    return _published(workspace, policy), plan


def _first_scene(workspace: Workspace) -> tuple[tuple[str, ...], list[str], Observation]:
    """The goals' names, what asks for each, and an observation: recorded ones, else of the world.

    A goal that nobody recorded an instruction for is asked for by its name.
    """
    summaries = [s for s in workspace.summaries() if s.path is not None]
    if summaries:
        header = summaries[-1].header
        said = {s.header.goal: s.header.instruction for s in summaries if s.header.instruction}
        names = header.goal_names
        observation = Episode.read(str(summaries[-1].path)).observation(0)
        return names, [said.get(name, name) for name in names], observation
    world = workspace_env(workspace.config)
    try:
        observation, _ = world.reset(seed=0)
        names = world.world_spec.goal_names
        asked = {world.goal: world.instruction}
        return names, [asked.get(name, name) for name in names], observation
    finally:
        world.close()


def _published(workspace: Workspace, policy: RemotePolicy) -> str:
    store = PolicyStore(workspace.policies_dir)
    staged = store.folder / STAGING / f"remote-{os.getpid()}"
    own_folder(staged)
    try:
        policy.save(staged)
        return store.publish(staged)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
