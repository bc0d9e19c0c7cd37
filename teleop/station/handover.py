"""The handover from one policy to the next, between two episodes: who has to hear of it."""

from dataclasses import dataclass

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ..autonomy.evidence_recorder import Witness
from ..learning.active_policy import Relief
from ..session.help_requests import CallRules
from ..session.human_effort import EffortCount
from .headless import alarm_of
from .live_episode import Scene


@dataclass
class Handover:
    """Called by `Duty`: the scene, the recording, the ladder and the ledger follow."""

    workspace: Workspace
    scene: Scene
    witness: Witness
    effort: EffortCount
    calls: CallRules
    round_number: int = 0

    def __call__(self, relief: Relief) -> None:
        """Close the old policy's accounts and open the new one's."""
        scene = self.scene
        self.close(relief.before)
        alarm = alarm_of(self.workspace, relief.level, relief.policy, self.calls)
        if scene.alarm is not None:  # the budget lasts for the sitting
            alarm.left, alarm.refused = scene.alarm.left, scene.alarm.refused
        scene.relieve(relief.policy, relief.pilot, relief.level, alarm)
        self.witness.follow(relief.policy)

    def close(self, policy: str | None) -> None:
        """Enter in the ledger what was spent on a policy so far."""
        if self.effort.episodes:
            entry = self.effort.entry(self.scene.level, self.round_number, policy)
            Database(self.workspace.db_path).add_effort(entry)
            self.effort.clear()
