"""The terminal browser of a run (`journey browse`), in Textual. What is shown is made without Textual.

    read.py      what the files hold of one problem
    opened.py    that, checked and ready to be shown; detail.py: one step; pretty.py: a state, by sympy
    rows.py      a problem as a line of the list; queries.py: filters and orders
    figures.py   results.json of one run or two

    app.py       the application; keys.py, actions.py: its keys, and what they do beyond the panes
    problems.py, graph.py, trace.py, models.py, numbers.py   the panes
    listing.py, column.py, dialogs.py   the widgets that they are made of; browser.tcss: how all looks

Views hold no rules of mathematics: they show what the modules of the first paragraph make.
"""
