"""Domain weights by regression on small proxies: the swarm, its law, and what follows from it."""
