"""What all tests may ask for. Fixtures of one room stand in the conftest of its folder."""

pytest_plugins = ["tests.postgres", "tests.temporal"]
