"""The stages of training, each thin on a trainer of TRL."""
