"""How fast the parts are, each measured beside the plain way of doing the same."""
