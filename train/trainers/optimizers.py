"""The optimizers of supervised fine-tuning: AdamW and Muon on float32 master weights.

A bfloat16 weight has 8 bits of mantissa, so most updates of a small learning rate would round away. The
optimizer therefore keeps a float32 copy of each weight and rounds it into the model after each step
(mixed-precision training, Micikevicius et al. 2018, section 3.1). On a CPU this is faster than bfloat16
autocast, whose casts cost a small model more than they save.

Weights of one shape are updated together, as one tensor of shape (weights, rows, columns): a small model
has dozens of matrices, and dozens of small operations per step cost more than their arithmetic. The experts
of a layer are one weight of shape (experts, rows, columns), and Muon updates each of their matrices alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""The coefficients of the quintic iteration (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/)."""
NEWTON_SCHULZ_STEPS = 5
MUON_MOMENTUM = 0.95
MUON_SCALE = 0.2
"""Muon's updates have the root mean square of AdamW's, so that both take the same learning rate
(Liu et al. 2025, https://arxiv.org/abs/2502.16982, equation 4)."""


class MasterAdamW(torch.optim.AdamW):
    """AdamW on stacked float32 master weights, which are rounded into the model after each step.

    Args:
        groups: parameter groups of the model's weights, as any PyTorch optimizer takes them. A group with
            `muon=True` holds matrices (or stacks of them) and is updated by Muon instead. With `parts=n`
            each holds n matrices, one below the other.
        settings: keyword arguments of `torch.optim.AdamW`.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], **settings: Any) -> None:
        self.stacks: list[list[torch.Tensor]] = []
        """The model's weights behind each master."""
        masters: list[dict[str, Any]] = []
        for group in groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = {}
            for weight in group["params"]:
                by_shape.setdefault(weight.shape, []).append(weight)
            self.stacks += by_shape.values()
            stacked = [_stack(weights) for weights in by_shape.values()]
            masters.append(
                {"muon": False, "parts": 1, **group, "params": [nn.Parameter(each) for each in stacked]}
            )
        super().__init__(masters, **settings)

    @property
    def masters(self) -> list[nn.Parameter]:
        """The float32 copies, one for each entry of `stacks`."""
        return [master for group in self.param_groups for master in group["params"]]

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Updates the masters from the model's gradients, then the model from the masters."""
        for weights, master in zip(self.stacks, self.masters, strict=True):
            if all(weight.grad is not None for weight in weights):
                master.grad = _stack([weight.grad for weight in weights])
        for group in self.param_groups:
            if group["muon"]:
                self._step_muon(group)
        result = super().step(closure)
        for master in self.masters:
            master.grad = None
        self.write_back()
        return result

    def _step_muon(self, group: dict[str, Any]) -> None:
        """Muon with Nesterov momentum and decoupled weight decay, as `torch.optim.Muon` does it."""
        rate, parts = group["lr"], group["parts"]
        for master in group["params"]:
            if master.grad is None:
                continue
            state = self.state[master]
            if not state:
                state["momentum_buffer"] = torch.zeros_like(master)
                state["step"] = torch.tensor(0.0)  # AdamW looks for one when it loads a state
            buffer = state["momentum_buffer"].lerp_(master.grad, 1 - MUON_MOMENTUM)
            matrices = master.grad.lerp(buffer, MUON_MOMENTUM).unflatten(-2, (parts, -1))
            update = orthogonalized(matrices).flatten(-3, -2)
            master.mul_(1 - rate * group["weight_decay"])
            master.add_(update, alpha=-rate * MUON_SCALE * max(matrices.shape[-2:]) ** 0.5)
            master.grad = None  # AdamW skips what has no gradient

    @torch.no_grad()
    def write_back(self) -> None:
        """Rounds the masters into the model, whatever its precision is now."""
        for weights, master in zip(self.stacks, self.masters, strict=True):
            torch._foreach_copy_(weights, list(master.unbind()))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the model's gradients."""
        for weights in self.stacks:
            for weight in weights:
                weight.grad = None

    def state_dict(self) -> dict[str, Any]:
        """The optimizer's state and the masters."""
        return {**super().state_dict(), "masters": [master.detach() for master in self.masters]}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the optimizer's state and the masters."""
        for master, saved in zip(self.masters, state_dict["masters"], strict=True):
            master.copy_(saved)
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "masters"})
        self.write_back()


def _stack(tensors: list[Any]) -> torch.Tensor:
    """Equal shapes in one float32 tensor with a new first dimension."""
    return torch.stack([tensor.detach() for tensor in tensors]).float()


def orthogonalized(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest semi-orthogonal matrices, roughly: singular values end between 0.7 and 1.2.

    The Newton-Schulz iteration of Muon in bfloat16, as in `torch.optim.Muon`, for a stack of matrices at
    once.

    Args:
        matrices: of shape (..., rows, columns).

    Returns:
        A float32 tensor of the same shape.

    >>> singular = torch.linalg.svdvals(orthogonalized(torch.diag(torch.tensor([1.0, 2.0, 5.0]))))
    >>> bool((0.6 < singular).all() and (singular < 1.3).all())
    True
    """
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    shape, x = x.shape, x.reshape(-1, *x.shape[-2:])
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    x = x.reshape(shape)
    return (x.mT if tall else x).float()


def master_optimizer(
    model: Any, decayed: Iterable[str], muon: bool, weight_decay: float, **settings: Any
) -> MasterAdamW:
    """The optimizer of a model's trainable weights.

    Args:
        model: a model of transformers.
        decayed: the names of the weights that decay.
        muon: whether Muon updates the matrices, or stacks of them. Embeddings, also of
            positions, the output layer, convolutions, norms and biases always get AdamW.
        weight_decay: of the decayed weights.
        settings: other keyword arguments of `torch.optim.AdamW`.
    """
    names = set(decayed)
    embeddings = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    tables = {id(layer.weight) for layer in (*embeddings, model.get_output_embeddings()) if layer is not None}
    pairs = {id(weight) for weight in _gates_with_inputs(model)}
    groups: dict[tuple[bool, float, int], list[nn.Parameter]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            # A table of positions may be no module of its own, such as that of Mllama's encoder.
            table = id(weight) in tables or name.endswith("embedding")
            by_muon = muon and weight.ndim in (2, 3) and not table
            decay = weight_decay if name in names else 0.0
            groups.setdefault((by_muon, decay, 2 if id(weight) in pairs else 1), []).append(weight)
    return MasterAdamW(
        [
            {"params": weights, "muon": by_muon, "weight_decay": decay, "parts": parts}
            for (by_muon, decay, parts), weights in groups.items()
        ],
        fused=True,
        **settings,
    )


def _gates_with_inputs(model: Any) -> Iterator[nn.Parameter]:
    """The weights of experts that hold two matrices in one: the gate, and below it the input.

    A dense model has a weight for each. transformers marks the modules that store their experts like this.
    """
    for module in model.modules():
        if getattr(module, "is_concatenated", False) and not module.is_transposed:
            yield from (weight for name, weight in module.named_parameters() if name == "gate_up_proj")
