"""Final answers: where a text states one, what it is made of, and when two are the same."""
