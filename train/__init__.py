"""How data becomes models, and models numbers. The heavy imports are inside what needs them."""

import logging

# Where torchao is installed, transformers imports it, and it warns of parts that a CPU does not have.
for _name in ("torchao", "torch.utils._pytree"):
    logging.getLogger(_name).setLevel(logging.ERROR)
