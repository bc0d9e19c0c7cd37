"""`Pages` renders the HTML of every page from its template, with everything that is typed escaped.

A page is a frame: what it shows comes as JSON, and its script writes it as text.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from .access import Role, Visitor

FOLDER = Path(__file__).parent / "templates"
PLACES: tuple[tuple[str, str, Role], ...] = (
    ("drive", "Drive", Role.DRIVE),
    ("judge", "Judge", Role.JUDGE),
    ("dataset", "Dataset", Role.WATCH),
    ("watch", "Watch", Role.WATCH),
    ("people", "People", Role.EDIT),
)
"""Path, name and role of the pages, in the order of the menu."""


class Pages:
    """The templates, loaded once."""

    def __init__(self, places: tuple[tuple[str, str, Role], ...] = PLACES) -> None:
        self._places = places
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, name: str, visitor: Visitor | None, **values: object) -> HTMLResponse:
        """A page by the name of its template, with the menu of what the visitor may open."""
        roles = visitor.roles if visitor else frozenset()
        menu = [(path, words) for path, words, role in self._places if role in roles]
        template = self._templates.get_template(f"{name}.html.j2")
        html = template.render(
            here=name, menu=menu, visitor=visitor, may_edit=Role.EDIT in roles, **values
        )
        return HTMLResponse(html)

    def first(self, visitor: Visitor) -> str:
        """The path of the first page that a visitor may open."""
        paths = (f"/{path}" for path, _, role in self._places if role in visitor.roles)
        return next(paths, "/enter")
