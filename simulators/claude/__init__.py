"""The Claude stand-in: a server that speaks the Messages API and plays a script instead of a model.

Start it with `python -m simulators.claude --scenario DIRECTORY`; docs/scenarios.md describes scenarios and scripts.
"""
