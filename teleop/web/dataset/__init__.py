"""The dataset in the browser: a list to filter, one episode to play and to judge."""
