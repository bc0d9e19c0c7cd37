"""This package exports to and imports from other tools' formats; `registry` lists them."""
