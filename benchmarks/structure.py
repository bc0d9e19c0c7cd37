"""This program counts files and lines by folder, one-importer files, homonyms and long functions.

    python -m benchmarks.structure [ROOT]

It prints the figures of this checkout or of another one (an older commit's, say).
"""

import ast
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOMS = ("sim_envs", "datasets", "policies", "teleop")
LONG_FILE, LONG_FUNCTION = 250, 40


def modules(root: Path) -> dict[str, Path]:
    """Every product file by its dotted name below the root, without empty package markers."""
    found = {}
    for path in (path for room in ROOMS for path in sorted((root / room).rglob("*.py"))):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Dotted names of the product files that a file imports."""
    parts = name.split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    targets = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                full = f"{stem}.{alias.name}"
                targets.add(full if full in known else stem)
    return targets & known.keys() - {name}


def main() -> None:
    """Print the table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    known = modules(root)
    sources = {name: path.read_text() for name, path in known.items()}
    by_folder: dict[str, list[str]] = defaultdict(list)
    for name, path in known.items():
        if sources[name].strip():
            by_folder[str(path.parent.relative_to(root))].append(name)
    print(f"{'folder':32} files  lines")
    for folder, names in sorted(by_folder.items()):
        print(f"{folder:32} {len(names):5} {sum(len(sources[n].splitlines()) for n in names):6}")
    for room in ROOMS:
        names = [n for n in known if n.split(".")[0] == room and sources[n].strip()]
        lines = sum(len(sources[n].splitlines()) for n in names)
        print(f"{room + ' in all':32} {len(names):5} {lines:6}")
    print("largest flat folder:", max((len(n), f) for f, n in by_folder.items()))

    importers: Counter[str] = Counter()
    for name, path in known.items():
        importers.update(imported(name, path, known))
    for room in ROOMS:
        names = [n for n in known if n.split(".")[0] == room and sources[n].strip()]
        alone = [n for n in names if importers[n] == 1]
        print(f"{room}: imported by one other file only: {len(alone)} of {len(names)}")

    places: dict[str, list[str]] = defaultdict(list)
    long_functions = []
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONG_FUNCTION:
                    long_functions.append(f"{name}.{node.name} ({length})")
    homonyms = {name: where for name, where in places.items() if len(where) > 1}
    print("class names with several meanings:", len(homonyms), homonyms or "")
    long_files = [n for n, source in sources.items() if len(source.splitlines()) > LONG_FILE]
    print(f"files over {LONG_FILE} lines:", len(long_files), long_files or "")
    print(f"functions over {LONG_FUNCTION} lines:", len(long_functions), long_functions or "")


if __name__ == "__main__":
    main()
