"""The judging desk: items for many people, what each answered, and how far they agree."""
