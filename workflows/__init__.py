"""The durable part. Workflows decide when; what is decided by `duo_flows.domain`, done by activities.

What lives here: waiting, order, timers, carrying state over. What never does: a machine's clock, a network, a file, a client
library.
"""
