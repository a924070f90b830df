"""Clients of the outside. Each folder is the only code that knows its API or library; none knows another."""
