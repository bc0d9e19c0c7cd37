"""The fleet's window: every arm small, the one in focus large, with all that the seat has."""
