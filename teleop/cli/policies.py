"""`sidestick policies` lists the policies of a workspace, and changes which of them may drive."""

import time
from dataclasses import dataclass
from typing import Annotated, ClassVar

import tyro
from rich.box import SIMPLE
from rich.table import Table

from ...datasets.workspace import Workspace
from ...policies.base.device import CPU
from ...policies.remote.settings import RemoteSettings
from ...sim_envs.errors import BadValue
from ..learning.policy_actions import PolicyActions
from ..learning.policy_overview import PolicyOverview, PolicySummary, read_overview
from ..learning.remote_policies import add_remote, options_of
from ..server_settings import note_server
from .chosen_policy import say_choice
from .console import PEOPLE, print_json, say, working
from .gate_run import run_gate, verdict_line
from .job_options import OPTIONS, JobOptions
from .numbers import Count
from .subcommand import DONE, Device, WorkspacePath
from .unused_options import refuse_unused

ACTIONS = ("gate", "pin", "unpin", "set_aside", "restore", "remove", "remote", "allow_server")
PolicyId = Annotated[str | None, tyro.conf.arg(metavar="ID", help_behavior_hint="")]


@dataclass(frozen=True)
class Policies(JobOptions):
    """List the policies of a workspace: origin, the gate's verdict, level, evaluation, who drives.

    The pinned policy drives; else the newest that the gate accepted and nobody set aside. A
    session that is running follows a change at its next boundary between two episodes.
    """

    if_interrupted: ClassVar[str] = "the gate's seeds so far are kept; the same command goes on"

    workspace: WorkspacePath
    """Folder of the workspace."""
    gate: PolicyId = None
    """Let the gate decide now: this policy against the one that drives, on fresh seeds."""
    gate_pairs: Annotated[Count | None, tyro.conf.arg(help_behavior_hint="(default: 150)")] = None
    """With --gate: most seeds that both drive."""
    device: Device | None = None
    """With --gate: what networks run on; the CPU unless given."""
    pin: PolicyId = None
    """Let this policy drive, whatever the gate says and whatever is trained later."""
    unpin: bool = False
    """End the pin."""
    set_aside: PolicyId = None
    """Never let this policy drive unasked; it can still be named or pinned."""
    restore: PolicyId = None
    """Let a policy that was set aside or removed be chosen again."""
    remove: PolicyId = None
    """Move this policy into policies/removed; its number is not given again."""
    remote: Annotated[str | None, tyro.conf.arg(metavar="URL", help_behavior_hint="")] = None
    """Make a policy of somebody's policy server, ws://HOST:PORT (as openpi's) or http://HOST:PORT,
    which is asked once; docs/policy-api.md tells what it is sent and what it answers."""
    remote_options: str = ""
    """With --remote: its entries, range and time, as JSON: {"execute": 8, "timeout_s": 5}."""
    allow_server: Annotated[str | None, tyro.conf.arg(metavar="URL", help_behavior_hint="")] = None
    """Let this workspace's policies ask a server that somebody else named."""
    server_token: str = ""
    """With --remote and --allow-server: what the server wants as Authorization: Api-Key."""
    why: str = ""
    """With --pin, --set-aside and --remove: the reason, kept beside the policy."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Do what is asked, and show who drives."""
        asked = [name for name in ACTIONS if getattr(self, name)]
        if len(asked) > 1:
            given = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
            raise BadValue("policies", "one action at a time", given)
        if self.gate is None:
            refuse_unused(self, "without --gate", ("gate_pairs", "device", *OPTIONS))
        if not any((self.pin, self.set_aside, self.remove)):
            refuse_unused(self, "without --pin, --set-aside or --remove", ("why",))
        if self.remote is None:
            refuse_unused(self, "without --remote", ("remote_options",))
            if self.allow_server is None:
                refuse_unused(self, "without --remote or --allow-server", ("server_token",))
        workspace = Workspace.open(self.workspace)
        if asked:
            say(self._act(workspace, asked[0]))
        with working("reading policies"):
            overview = read_overview(workspace)
        if self.json:
            print_json(overview.to_json())
        elif asked:
            _say_driver(workspace, overview)
        else:
            _show(workspace, overview)
        return DONE

    def _act(self, workspace: Workspace, action: str) -> str:
        """Do one thing; what was done, for people."""
        actions = PolicyActions(workspace)
        if self.gate:
            gated = actions.store.spelt(self.gate)
            record = run_gate(
                workspace, gated, self.gate_pairs, self.engine_asked(), self.device or CPU
            )
            return verdict_line(workspace, gated, record)
        if self.remote or self.allow_server:
            return self._serve(workspace)
        if self.unpin:
            return "the pin has ended" if actions.unpin() else "no policy was pinned"
        policy_id = actions.store.spelt(str(getattr(self, action)))
        if action == "restore":
            actions.restore(policy_id)
            return f"policy {policy_id} may be chosen again"
        if action == "remove":
            folder = actions.remove(policy_id, self.why)
            return f"policy {policy_id} is in {folder} now; --restore {policy_id} brings it back"
        if action == "pin":
            actions.pin(policy_id, self.why)
            return f"policy {policy_id} is pinned"
        actions.set_aside(policy_id, self.why)
        return f"policy {policy_id} is set aside; --restore {policy_id} ends that"

    def _serve(self, workspace: Workspace) -> str:
        """Allow a server, and make a policy of it where that is asked; what was done."""
        url = str(self.remote or self.allow_server)
        RemoteSettings(url)  # refused before it is noted
        options = options_of(self.remote_options)
        note_server(url, self.server_token)
        if self.remote is None:
            return f"{url} may be asked from now on"
        number, plan = add_remote(workspace, url, options)
        return f"policy {number} is at {url}: it answered with {len(plan.actions)} actions"


def _say_driver(workspace: Workspace, overview: PolicyOverview) -> None:
    """Say who drives, or why nobody does."""
    if overview.choice is None:
        say(f"no policy drives: {overview.nobody}")
    else:
        say_choice(workspace, overview.choice)


def _show(workspace: Workspace, overview: PolicyOverview) -> None:
    """Print the table, and who drives."""
    columns = ("", "policy", "made", "learnt from", "parent", "gate", "level", "last evaluation")
    table = Table(*columns, box=SIMPLE)
    driving = None if overview.choice is None else overview.choice.policy_id
    for policy in overview.policies:
        drives = policy.state.policy_id == driving
        table.add_row("->" if drives else "", *_cells(policy))
    if overview.policies:
        PEOPLE.print(table)
    _say_driver(workspace, overview)
    if overview.removed:
        say(f"removed, and restored by --restore: {', '.join(overview.removed)}")


def _cells(policy: PolicySummary) -> tuple[str, ...]:
    """The cells of a policy's row."""
    origin, rate = policy.state.provenance, policy.rate
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(policy.made))
    learnt = "" if origin is None else f"{origin.kind}, {len(origin.episodes)} episodes"
    parent = "" if origin is None or origin.parent is None else origin.parent
    level = policy.problem or policy.level
    measured = "" if rate is None else str(rate)
    return policy.state.policy_id, made, learnt, parent, _gate(policy), level, measured


def _gate(policy: PolicySummary) -> str:
    """The policy's standing, with the one that it was compared with, and why it was set aside."""
    record = policy.state.record
    if policy.why_aside:
        return f"{policy.standing.value}: {policy.why_aside}"
    compared = "" if record is None or record.compared_with is None else record.compared_with
    return policy.standing.value + (f" (compared with {compared})" if compared else "")
