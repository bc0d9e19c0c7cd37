"""REQUESTS says which control asks for what; `OperatorInput` looks up every press."""

from collections.abc import Mapping

from ..session.command import Request
from .controls import Control

REQUESTS: Mapping[Control, Request] = {
    Control.START: Request.START,
    Control.SUCCESS: Request.SAVE_SUCCESS,
    Control.FAILURE: Request.SAVE_FAILURE,
    Control.FREEZE: Request.FREEZE,
    Control.REWIND: Request.REWIND,
    Control.UNDO: Request.UNDO,
    Control.FREE: Request.FREE_DRIVE,
    Control.TUTORIAL: Request.TUTORIAL,
    Control.SLOW: Request.SLOW,
    Control.SOUND: Request.SOUND,
    Control.ROLL_BACK: Request.ROLL_BACK,
    Control.HELP: Request.HELP,
    Control.QUIT: Request.QUIT,
    Control.CLUTCH: Request.DRIVE,
    Control.HOME: Request.DRIVE,
}
