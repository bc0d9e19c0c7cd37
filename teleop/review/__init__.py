"""The grader's window: episodes, predictions and pictures, judged with one key each."""
