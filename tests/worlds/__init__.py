"""Worlds of other people behind the contract, for tests and as examples."""
