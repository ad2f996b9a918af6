"""The section `law` of a recipe: how the loss that rounding adds grows, and what is predicted from it."""

from __future__ import annotations

from pydantic import Field

from train.recipe.settings import Precision, Section


class Law(Section):
    """The scaling law of post-training quantization (Kumar et al. 2024, 2411.04330, equation 2)."""

    arms: list[str] = Field(default=[])
    """Fit the law to all stages of these arms, on the logarithm of the loss that rounding adds:
    C * tokens^a / weights^b * exp(-bits / c), times a factor for models with a decayed learning rate.
    Default: none."""
    precisions: list[Precision] = Field(default=[])
    """The precisions to fit it to, of `evaluation.precision`."""
    predict: list[str] = Field(default=[])
    """Arms that are trained last. Before that, the law is fitted to the others, and its prediction for these
    is written to predictions.json."""
