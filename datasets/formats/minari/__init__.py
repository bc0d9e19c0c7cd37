"""Minari datasets: written, and read from our exports and from collectors of our environments."""
