"""What the stages do to one part, as plain functions that child processes run; no Beam here."""
