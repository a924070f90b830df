"""Agents: a model that works with tools in rounds. What a round is, how its calls are settled, and what may come between."""
