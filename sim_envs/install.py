"""`install_hint` says how one of Sidestick's extras is installed; errors of all rooms quote it."""


def install_hint(extra: str) -> str:
    """The command that installs an extra: Sidestick is installed from its checkout alone."""
    return f"in Sidestick's checkout: pip install -e '.[{extra}]'"
