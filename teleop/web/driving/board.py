"""`board_json` puts a Dashboard into JSON: the words of the head line, the panel and the foot line.

The words are made by the functions that the window draws with.
"""

import math
from typing import Any

from ....datasets.step import Driver
from ...session.driver_styles import DRIVER_STYLES
from ...station.screen.dashboard import Dashboard
from ...station.screen.header_footer import (
    HALTED,
    driver_banner,
    health_words,
    level_line,
    recording_words,
    tally_words,
)
from ...station.screen.side_panel import agreement_words, novelty_share, novelty_words
from ...station.states import WindowState
from ...ui.palette import Colour, readable_on

Json = dict[str, Any]


def board_json(board: Dashboard) -> Json:
    """All words and numbers that the page shows."""
    colour, banner = driver_banner(board)
    resting = board.driver is Driver.NOBODY or board.state in HALTED
    return {
        "state": board.state.value,
        "recording": board.state is WindowState.RECORDING,
        "banner": banner,
        "colour": hex_of(colour),
        "ink": hex_of(readable_on(colour)),
        "striped": not resting and DRIVER_STYLES[board.driver].striped,
        "resting": resting,
        "instruction": board.instruction,
        "level": level_line(board),
        "does": recording_words(board),
        "tally": tally_words(board),
        "time_used": round(board.time_used, 3),
        "order": [
            {"name": c.name, "container": c.container, "colour": hex_of(c.colour),
             "ink": hex_of(readable_on(c.colour)), "done": c.done}
            for c in board.order
        ],
        "stages": list(board.stages),
        "stage": board.stage,
        "rows": _rows(board),
        "hints": [list(pair) for pair in board.hints],
        "health": [words for words, _ in health_words(board)],
        "card": _card(board),
        "notice": board.notice,
        "discard": round(board.discard, 2),
        "sound": board.sound,
        "insets": list(board.insets),
        "help": None if board.help is None else [list(row) for row in board.help.rows],
    }  # fmt: skip


def _rows(board: Dashboard) -> list[list[Any]]:
    """The gauges: name, words, and a share in [0, 1] or None."""
    slow = "" if board.slowness == 1 else f"   time 1/{board.slowness}"
    sticks = "follow the picture" if board.frame == "picture" else "follow the robot's base"
    rows: list[list[Any]] = [
        ["gripper", "closing" if board.closing else "open", None],
        ["speed", f"{board.speed}{slow}", None],
        ["drives", board.device, None],
        ["view", f"{board.camera} camera", None],
        ["sticks", sticks, None],
    ]
    if board.session:
        rows.append(["session", board.session, None])
    if board.active_policy:
        rows.append(["policy", board.active_policy, None])
    if board.running_agreement is not None:
        known = not math.isnan(board.running_agreement)
        share = (1 + board.running_agreement) / 2 if known else None
        rows.append(["agreement", agreement_words(board.running_agreement), share])
    if board.policy and not math.isnan(board.novelty):
        rows.append(["novelty", novelty_words(board), novelty_share(board.novelty)])
    return rows


def _card(board: Dashboard) -> Json | None:
    card = board.card
    if card is None:
        return None
    keys = [list(pair) for pair in card.keys]
    return {
        "title": card.title, "lines": list(card.lines), "keys": keys, "tone": card.tone,
        "filled": round(card.filled, 2),
    }  # fmt: skip


def hex_of(colour: Colour) -> str:
    """A colour as CSS has it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
