"""The verbs that hostile inputs are tried on, with small figures; one name for each command."""

HEADLESS = ("--headless", "--driver", "simulated", "--episodes", "1")
VERBS: dict[str, tuple[str, ...]] = {
    "check": ("check", "ws"),
    "repair": ("check", "ws", "--repair"),
    "inspect": ("inspect", "ws"),
    "inspect --json": ("inspect", "ws", "--json"),
    "inspect one": ("inspect", "ws", "0"),
    "train": ("train", "ws", "--steps", "4", "--batch", "8", "--selection-episodes", "0",
              "--no-gate", "--seed", "3"),
    "report": ("report", "ws", "--out", "page.html"),
    "export": ("export", "ws", "robomimic", "out.hdf5"),
    "export lerobot": ("export", "ws", "lerobot", "lerobot", "--images", "png"),
    "export minari": ("export", "ws", "minari", "minari"),
    "merge": ("merge", "merged", "ws"),
    "review": ("review", "ws", *HEADLESS),
    "review predictions": ("review", "ws", "--of", "predictions", *HEADLESS),
    "review clicks": ("review", "ws", "--of", "clicks", *HEADLESS),
    "drive": ("drive", "ws", *HEADLESS, "--level", "demonstrate"),
    "drive shadow": ("drive", "ws", *HEADLESS, "--level", "shadow", "--override"),
    "ladder": ("ladder", "ws", "--json"),
    "ladder table": ("ladder", "ws"),
    "ledger": ("ledger", "ws"),
    "policies": ("policies", "ws"),
    "policies --json": ("policies", "ws", "--json"),
    "pin": ("policies", "ws", "--pin", "0001", "--why", "x"),
    "set aside": ("policies", "ws", "--set-aside", "0001"),
    "restore": ("policies", "ws", "--restore", "0001"),
    "remove": ("policies", "ws", "--remove", "0001"),
    "unpin": ("policies", "ws", "--unpin"),
    "learn": ("learn", "ws", "--gate-pairs", "6", "--refit", "9999", "--nudge-steps", "99999"),
    "novelty": ("evaluate", "ws", "--novelty"),
    "replay": ("replay", "ws", "0", "--verify"),
    "film": ("replay", "ws", "0", "--out", "film.mp4", "--size", "64x64"),
    "pad": ("pad",),
    "import ours": ("import", "imported", "robomimic", "given/ours.hdf5"),
    "import theirs": ("import", "imported", "robomimic", "given/theirs.hdf5"),
    "import png": ("import", "imported", "lerobot", "given/png"),
    "import video": ("import", "imported", "lerobot", "given/video"),
    "import minari": ("import", "imported", "minari", "given/minari"),
    "episodes": ("episodes", "ws"),
    "exclude": ("episodes", "ws", "--exclude", "0", "--why", "x"),
    "take out": ("episodes", "ws", "--remove", "0", "--why", "x"),
    "evaluate": ("evaluate", "ws", "--episodes", "1", "--workers", "1"),
    "practice": ("practice", "ws", "--episodes", "1", "--workers", "1"),
}  # fmt: skip
READERS = ("check", "inspect", "report", "export", "merge", "ledger", "ladder")
"""Verbs that read the whole workspace, and take moments."""
EPISODE_READERS = (
    *READERS, "inspect --json", "inspect one", "train", "review", "repair", "replay",
    "export lerobot", "novelty", "episodes", "exclude", "take out",
)  # fmt: skip
POLICY_READERS = (
    "policies", "report", "ladder", "ledger", "review predictions", "drive shadow", "novelty",
)  # fmt: skip
