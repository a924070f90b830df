"""The rules of duo-flows, pure.

What lives here: flow definitions and routing, sessions, requests and their answers, changes and effects, redaction, log evidence,
the errors, and the ports through which the rest of the world is asked. What never does: a clock, a network, a database, a client
library. A rule that needs a fact is handed the fact.
"""
