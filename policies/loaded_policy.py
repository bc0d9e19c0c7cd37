"""`load_any` reads a policy's folder, whoever executes it: networks here, or somebody's server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..datasets.config import WorkspaceConfig
from ..datasets.recorded_spec import RecordedSpec
from ..sim_envs.errors import PolicyError, SidestickError
from .base.compatibility import UNBUILDABLE, WORDS, refusal
from .policy_config import CONFIG, is_remote, settings_of
from .remote_policy import RemotePolicy, remote_policy

if TYPE_CHECKING:
    from .policy import LearnedPolicy

LoadedPolicy: TypeAlias = "LearnedPolicy | RemotePolicy"
"""What drives; only the first can be trained on."""


def load_any(
    folder: Path | str,
    task: str | None = None,
    renderer: str | None = None,
    cameras: Sequence[str] | None = None,
    image_size: int | None = None,
    spec: RecordedSpec | None = None,
) -> LoadedPolicy:
    """Read a policy, and reach its server where it has one; PolicyError says why it cannot drive.

    Among the reasons: its server does not answer, or was never named on this machine.
    """
    folder = Path(folder)
    here = dict(zip(WORDS, (task, renderer, cameras, image_size, spec), strict=True))
    settings = settings_of(folder)
    if not is_remote(settings):
        from .policy import load_policy  # it loads PyTorch, which lists of policies need not

        return load_policy(folder, task, renderer, cameras, image_size, spec)
    try:
        policy = remote_policy(settings)
        if reason := refusal(policy.config, here):
            raise PolicyError(reason)
        policy.check()
    except SidestickError as error:
        raise PolicyError(f"{folder}: {error}") from None
    except UNBUILDABLE as error:
        raise PolicyError(f"{folder / CONFIG}: not a policy's settings ({error!r})") from None
    return policy


def load_for(folder: Path, config: WorkspaceConfig) -> LoadedPolicy:
    """The policy in a folder; PolicyError if it was not made for such a workspace."""
    here = (config.task, config.renderer, config.cameras, config.image_size)
    return load_any(folder, *here, config.spec)


def trained_here(policy: LoadedPolicy, wanted_for: str) -> "LearnedPolicy":
    """The policy's networks; PolicyError for a policy that somebody else's server executes."""
    if isinstance(policy, RemotePolicy):
        url = policy.settings.url
        raise PolicyError(f"{wanted_for} takes a policy's networks, and this one's are at {url}")
    return policy
