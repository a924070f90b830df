"""The effects. One module per kind of effect; adapters are handed in."""
