"""Training stages on the trainers of TRL: sft, dpo, grpo and rloo."""
