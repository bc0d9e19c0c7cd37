"""The operator's window: what is shown, where, and how it is drawn."""
