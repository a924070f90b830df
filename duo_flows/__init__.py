"""duo-flows: the product without Temporal."""
