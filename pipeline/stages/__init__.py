"""The Beam layer: the only modules that import apache_beam, one stage a file."""
