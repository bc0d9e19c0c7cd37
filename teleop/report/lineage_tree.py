"""`draw_tree` draws the policies and their parents as a tree, a row for each as it was made.

`page.figures` calls it with the policies of a workspace.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from .figure_style import INK, MARKS, MUTED, panel, to_svg
from .records import PolicyRow

ROW_IN = 0.36
MOST = 40
"""Most rows of the drawing: of more policies the newest are drawn, the table lists all."""


def depths(policies: Sequence[PolicyRow]) -> Mapping[str, int]:
    """Policy name -> number of its ancestors; a parent that is gone ends the count."""
    known = {policy.name: policy for policy in policies}
    found: dict[str, int] = {}
    for policy in policies:
        depth, seen, parent = 0, {policy.name}, policy.parent
        while parent in known and parent not in seen:
            seen.add(parent)
            depth, parent = depth + 1, known[parent].parent
        found[policy.name] = depth
    return found


def draw_tree(policies: Sequence[PolicyRow]) -> Markup:
    """Draw one row a policy, shifted by its depth and joined to its parent."""
    shown = list(policies)[-MOST:]
    level = depths(policies)
    rows = {policy.name: row for row, policy in enumerate(shown)}
    with panel(0.5 + ROW_IN * len(shown)) as (figure, axes):
        for policy in shown:
            x, y = level[policy.name], rows[policy.name]
            mark = MARKS[policy.kind]
            if policy.parent in rows:
                above, left = rows[policy.parent], level[policy.parent]
                axes.plot([left, left, x], [above, y, y], color=MUTED, lw=1.2, zorder=1)
            axes.plot(x, y, mark.marker, color=mark.colour, ms=9, mec="white", zorder=2)
            axes.annotate(
                _words(policy), (x, y), (10, 0), textcoords="offset points", va="center",
                color=INK, fontsize=10,
            )  # fmt: skip
        axes.set_xlim(-0.4, max(level.values(), default=0) + 3.2)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.axis("off")
        axes.set_title("Policies and their parents")
        spoken = "; ".join(f"{p.label} from {p.parent or 'none'}" for p in shown)
        return to_svg(figure, "tree", f"Policies and their parents: {spoken}")


def _words(policy: PolicyRow) -> str:
    rate = "" if policy.evaluation is None else f", {policy.evaluation.rate:.0%}"
    return f"{policy.label}: {policy.kind}{rate}"
