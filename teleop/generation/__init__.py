"""New demonstrations from old ones: what was done to an object, done to it where it lies now."""
