"""One seat: an environment, a device, perhaps a policy, a level, and who listens."""

from collections.abc import Sequence

from ..datasets.step import Level
from ..sim_envs.environment import ArmEnv
from ..sim_envs.errors import PolicyError
from .calls import Alarm
from .devices.device import Device
from .episode import Episode, Mark
from .levels import NEEDS_POLICY, name
from .pacing import Pace, Unpaced
from .pilot import Pilot
from .tick import Outcome, Subscriber, Tick

__all__ = ["Episode", "Mark", "Outcome", "Session", "Subscriber", "Tick"]


class Session:
    """Makes episodes and runs them; what lasts from one episode to the next is here."""

    def __init__(
        self,
        env: ArmEnv,
        device: Device,
        level: Level,
        pilot: Pilot | None = None,
        subscribers: Sequence[Subscriber] = (),
        pace: Pace | None = None,
        max_steps: int | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        if level in NEEDS_POLICY and pilot is None:
            raise PolicyError(
                f"level {name(level)!r} needs a policy, and there is none yet; train one"
            )
        self.env, self.device, self.level, self.pilot = env, device, level, pilot
        self.subscribers = tuple(subscribers)
        self.pace = pace or Unpaced()
        self.max_steps = max_steps or env.task.max_steps
        self.alarm = alarm or Alarm()
        """What makes a policy on call ask for help; its budget lasts for the session."""
        self.wants_images = any(subscriber.wants_images for subscriber in self.subscribers)

    def run_episode(self, seed: int) -> Outcome:
        """Reset to `seed` and tick until success, the step limit, or the human's verdict."""
        episode = self.prepare(seed)
        self.pace.begin()
        episode.begin()
        late_ms = 0.0
        while not episode.over:
            episode.tick(late_ms)
            late_ms = self.pace.wait()
        return episode.end()

    def prepare(self, seed: int) -> Episode:
        """Reset the world to `seed`; nobody is told until the episode begins."""
        observation, _ = self.env.reset(seed=seed)
        self.device.begin(seed)
        if self.pilot:
            self.pilot.begin()
        return Episode(self, seed, observation)
