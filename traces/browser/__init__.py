"""The terminal browser of a run (`journey browse`), built with Textual.

These modules prepare the content and do not use Textual:

    records.py        reads the records of one problem
    problem_view.py   checks and lays out a problem; detail.py: one step; pretty.py: a state as a formula
    tokens.py         the texts that arms train on, with the trained tokens marked
    rows.py           a problem as a line of the list; queries.py: filters and sort orders

These modules display it and hold no mathematics:

    app.py            the application; keys.py: key bindings; actions.py: actions outside the panes
    problems.py, graph.py, trace.py, models.py, numbers.py   the panes
    listing.py, column.py, dialogs.py   widgets; browser.tcss: the style sheet
"""
