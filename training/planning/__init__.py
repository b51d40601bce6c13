"""How large a model to train, on how much, and what it takes: no torch, plain arithmetic."""
