"""The parts that the verbs of the command share. The verbs are in cli.py."""
