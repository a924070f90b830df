"""Group Approval (requirements G4 to G15): who decides about a plan, what they have said of which revision, and what follows.

Three functions carry it. `machine.apply(item, event, facts)` rules on one event, `standing.evaluate(item, facts)` says where an
item stands and why, `machine.what_if(item, event, facts)` says what an event would do.

Its laws:

1. An item moves only as `states.TRANSITIONS` says; a final state has an empty row, and nothing changes a final item.
2. Only reviews of the current revision count, of people entitled *now*, each person once.
3. What is not known is a no: a person without facts is entitled to nothing; no deadline, failure or stop ever approves.
4. A refusal says why and leaves everything as it was; that it was given is remembered, so that an event is judged once.

What never lives here: a clock, GitLab, a plan's content (a revision is its number, digest and reference), and what a flow does
next.
"""
