"""The schema of a fitted scaling law, in results.json and predictions.json."""

from __future__ import annotations

from typing import Literal

from train.evaluation.metrics_schema import IfMeasured, Schema

Term = Literal["tokens", "weights", "bits", "decayed"]
"""What the logarithm of the degradation is a sum of, besides a constant."""


class LawPoint(Schema):
    """The degradation of one model in one precision."""

    arm: str
    stage: str
    seed: int
    precision: str
    weights: int
    """Weights that are rounded."""
    tokens: int
    """Training tokens of all stages so far."""
    decayed: bool
    """Whether the learning rate of the last stage decayed."""
    degradation: float
    """Nats per token that rounding adds to the loss."""


class LawTerm(Schema):
    """An exponent of the law."""

    value: float
    ci95: tuple[float, float]
    p: float
    """Two-sided, of no effect."""


class LawPrediction(Schema):
    """What the law says about a model that it was not fitted to."""

    arm: str
    stage: str
    precision: str
    weights: int
    tokens: int
    decayed: bool
    predicted: float
    """Nats per token."""
    ci95: tuple[float, float]
    """Where one seed's model is expected with 95 %."""
    measured: IfMeasured[dict[str, float]] = None
    """By seed."""


class FittedLaw(Schema):
    """The law that some models were fitted to."""

    terms: dict[Term, LawTerm]
    """Tokens and weights: their exponents. Bits: the change of the logarithm with each bit. Decayed: the
    logarithm of the factor of a decayed learning rate."""
    constant: float
    r2: float
    """Of the logarithm."""
    points: int
    groups: int
    """Runs at one size and seed. Intervals are over these."""
    left_out: int
    """Points without a logarithm: rounding did not raise the loss."""


class Predictions(Schema):
    """predictions.json: written when the law is fitted, and before the predicted arms are trained."""

    law: FittedLaw
    predictions: list[LawPrediction]
    sha256: str
    """Digest of the predictions as canonical JSON."""
    trained: list[str]
    """The models of predicted arms that existed by then, as ARM/STAGE."""


class LawFigures(Schema):
    """The law in results.json."""

    fitted: FittedLaw | None
    """None if fewer than three groups have points, or one lacks what a term needs."""
    measured: list[LawPoint]
    """Of the arms that the law is fitted to, and of the predicted ones."""
    predictions: list[LawPrediction]
    sha256: str | None
    """Of the registered predictions."""
    registered: Literal["before training", "after training"] | None
    """When the predictions were made; None without any."""
