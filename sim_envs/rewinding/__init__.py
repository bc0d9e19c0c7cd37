"""An environment that goes back at once: its physics runs in processes that fork at every mark."""
