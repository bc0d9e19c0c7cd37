"""What an environment adds to the engine: `python -m benchmarks.stepping [--steps N]`.

The bare loop does the same sub-steps and the same two renders with the same motor commands, and
nothing else; both run in turns. Resets are timed too.
"""

import argparse
import json
from typing import Any

import numpy as np

from benchmarks.timing import Stopwatch
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.arm import FINGER_LINKS, GRIP_FORCE_N, JOINT_FORCE_NM, JOINTS
from sidestick.sim_envs.engine import pybullet
