"""`sidestick serve` shows a workspace to browsers: drive, judge, watch, and edit the dataset."""
