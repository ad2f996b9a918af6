"""How people go about problems: moves and the slips in their place, shared by the families that use them."""
