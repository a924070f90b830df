"""The store, by SQLAlchemy: the one place that imports it."""
