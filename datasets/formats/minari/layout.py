"""The layout of a Minari dataset, and the names of what our exports add to it."""

MINARI_VERSION = "0.5.4"
"""The Minari version whose layout is written; its loader checks it."""
MAIN_FILE, METADATA_FILE = "main_data.hdf5", "metadata.json"
WORKSPACE = "sidestick.workspace"
"""Key of the metadata that holds the workspace's configuration for an import."""
PREFIX = "sidestick."
"""Of the attributes of an episode that are ours."""
FINAL_STATE = PREFIX + "final_state"
"""Attribute with the simulator's state after the last action."""
OBSERVATIONS, INFOS_GROUP, OPTIONS = "observations", "infos", "options/"
SEED = "seed"
"""Attribute of an episode, and column of our infos: combined datasets lose attributes."""
INFOS = (
    "human_actions",
    "policy_actions",
    "states",
    "driver",
    "level",
    "action_modes",
    "intv_labels",
    "novelty",
    "stage",
    "reseat",
    "takeover_id",
    "wall_time",
    "late_ms",
    "round_trip_ms",
    "succeeded",
    "dones",
)
"""Columns without a Minari equivalent, written to its infos."""
