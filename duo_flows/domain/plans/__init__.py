"""Plans: what an agent proposes and people edit, element by element; their revisions, their differences, and what they may touch.

The law of this room: pure. Texts in it are shown to people who decide by them, so that nothing in a plan is hidden from a reader of
GitLab, and no text that a person wrote is ever lost on the way from Markdown to elements.
"""
