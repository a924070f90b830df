"""The door: hooks and API. Proves who calls, signs, and talks to Temporal in the words of `signals`."""
