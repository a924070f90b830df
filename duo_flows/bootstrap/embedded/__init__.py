"""The embedded stack: Temporal, the stand-ins, our worker and our web app as child processes of one command.

What lives here: choosing ports, starting in order, knowing when each is ready, starting again what was killed, stopping all. The
processes are started by their command lines; nothing of them is imported.
"""
