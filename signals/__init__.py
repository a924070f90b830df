"""Messages: every type that crosses into or out of a running workflow, and every name it is known by."""
