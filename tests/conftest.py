"""What all tests may ask for. Fixtures of one room stand in the conftest of its folder."""

from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.temporal"]

# For `make check`, which is run again and again: `make test` tries as many examples as each test wants.
settings.register_profile("quick", max_examples=15)
