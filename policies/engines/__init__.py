"""Jobs, and the engines that run them: processes of this machine, or a Ray cluster."""
