"""Claude, by the anthropic SDK: the one place that imports it."""
