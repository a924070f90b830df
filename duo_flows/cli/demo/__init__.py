"""`duoflow demo`: the first journey on the real stack, told as a story.

What is told is read back from GitLab, from our API and from Temporal while it happens. Nothing here knows how the story goes:
another scenario, another seed or another answer tells another one.
"""
