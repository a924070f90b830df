"""The stand-in's web pages: rendered on the server, without scripts, for people who look at what happened."""
