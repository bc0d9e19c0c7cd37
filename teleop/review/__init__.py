"""`sidestick review` shows a reviewer episodes, predictions or pictures; a key judges each."""
