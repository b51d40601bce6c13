"""The warm-up, stable, decay schedule (Hu et al. 2024, "MiniCPM")."""

from training.config import TrainConfig


def learning_rate(step: int, config: TrainConfig) -> float:
    """The rate of a step, counted from 0: a straight rise, a plateau, a straight fall to 0."""
    rise = max(1, round(config.warmup_share * config.steps))
    left = config.steps - step
    return config.learning_rate * min(1.0, (step + 1) / rise, left / decay_steps(config))


def decay_steps(config: TrainConfig) -> int:
    """Steps at the end of which the rate falls; 1 at least."""
    return max(1, round(config.decay_share * config.steps))
