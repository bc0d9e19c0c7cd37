"""`Access` lets people in by one-time tokens, and knows every visitor's name and roles after that.

An address that is printed holds a token; the first who opens it gets a cookie in exchange.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ...datasets.judgements.counting_words import MACHINE
from ...sim_envs.errors import BadValue, SidestickError
from .allowance import Allowance

TOKEN_BYTES = 24
TOKEN_LIFE_S = 12 * 3600.0
"""An address that nobody has opened is worth nothing after this."""
VISIT_LIFE_S = 24 * 3600.0
"""A visitor who has not asked for anything for this long needs a new address."""
LONGEST_NAME = 60
RESERVED = frozenset({MACHINE, "simulated", "consensus"})
"""Names that stand for programs in the records."""


class Role(StrEnum):
    """What a visitor may do."""

    WATCH = "watch"
    """See the dataset, the live view and the report."""
    JUDGE = "judge"
    """Answer items of the judging desk."""
    DRIVE = "drive"
    """Ask for the seat."""
    EDIT = "edit"
    """Trim, exclude and mark episodes, settle what judges disagree on, and invite people."""


ROLE_SETS: dict[str, frozenset[Role]] = {
    "owner": frozenset(Role),
    "drive": frozenset({Role.WATCH, Role.DRIVE}),
    "judge": frozenset({Role.JUDGE}),
    "watch": frozenset({Role.WATCH}),
}
"""What an address can be for; a judge sees nothing that would tell whose episode it is."""


class NotInvited(SidestickError):
    """A token is unknown, spent or too old."""


@dataclass
class Visitor:
    """One browser that was let in."""

    id: str
    """For the records of this server; it lets nobody in."""
    roles: frozenset[Role]
    name: str
    seen: float
    """When it last asked for something, s of the clock."""


@dataclass
class _Invitation:
    roles: frozenset[Role]
    made: float


@dataclass
class Access:
    """Tokens that were not used yet, and the visitors that were let in."""

    clock: Callable[[], float] = time.monotonic
    tries: Allowance = field(default_factory=lambda: Allowance(rate=1.0, burst=120.0))
    """Tries to come in, of everybody together."""
    _invitations: dict[str, _Invitation] = field(default_factory=dict)
    _visitors: dict[str, Visitor] = field(default_factory=dict)

    def invite(self, kind: str) -> str:
        """A token that lets one browser in, for an entry of ROLE_SETS; BadValue for another."""
        if kind not in ROLE_SETS:
            raise BadValue("role", f"one of {', '.join(ROLE_SETS)}", repr(kind))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._invitations[_digest(token)] = _Invitation(ROLE_SETS[kind], self.clock())
        return token

    def enter(self, token: str, name: str) -> str:
        """Spend a token; returns the secret for the visitor's cookie.

        NotInvited where the token is not good any more, BadValue for a name that cannot be used.
        """
        if not self.tries.take(self.clock()):
            raise NotInvited("too many tries to come in; wait a minute")
        invitation = self._invitations.get(_digest(token))
        if invitation is None or self.clock() - invitation.made > TOKEN_LIFE_S:
            raise NotInvited(
                "this address was used already, or is too old; ask for a new one, "
                "or start `sidestick serve` again"
            )
        name = self._free_name(name)  # only whoever is invited learns which names are taken
        del self._invitations[_digest(token)]
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        self._visitors[_digest(secret)] = Visitor(
            secrets.token_hex(6), invitation.roles, name, self.clock()
        )
        return secret

    def visitor(self, secret: str) -> Visitor | None:
        """Who holds the secret of a cookie; None for nobody."""
        found = self._visitors.get(_digest(secret))
        if found is None:
            return None
        if self.clock() - found.seen > VISIT_LIFE_S:
            del self._visitors[_digest(secret)]
            return None
        found.seen = self.clock()
        return found

    def leave(self, secret: str) -> None:
        """Forget a visitor."""
        self._visitors.pop(_digest(secret), None)

    def visitors(self) -> list[Visitor]:
        """Everybody who was let in and has not left."""
        return list(self._visitors.values())

    def _free_name(self, name: str) -> str:
        """The name without outer blanks; BadValue for one that nobody could be told apart by."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadValue("name", f"1 to {LONGEST_NAME} printable characters", repr(name[:80]))
        if name in RESERVED:
            raise BadValue("name", "one that does not stand for a program", name)
        taken = [v for v in self._visitors.values() if self.clock() - v.seen <= VISIT_LIFE_S]
        if any(visitor.name.casefold() == name.casefold() for visitor in taken):
            raise BadValue("name", "one that nobody here has", name)
        return name


def _digest(secret: str) -> str:
    """What is compared and kept in place of a secret: comparing it tells nothing by its time."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
