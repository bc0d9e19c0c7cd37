"""What gym-pusht does not say of itself, as the options of `drive --env-options`."""

NAME = "gym:gym_pusht:gym_pusht/PushT-v0"
OPTIONS = {
    "kwargs": {"obs_type": "pixels_agent_pos"},
    "instruction": "push the T onto its mark",
    "deterministic": True,
    "axes": [
        {"name": n, "kind": "move", "along": n, "per_unit": 0.02, "step": 20.0, "at": at}
        for n, at in (("x", ["agent_pos", 0]), ("y", ["agent_pos", 1]))
    ],
}
"""Its action is where the pusher should be, of 512; driven by changes here, 20 a tick."""
