"""The operator's seat in a browser: the same states, keys and head line as the window."""
