"""Measurements, trials and generators of documents; none is installed with the package."""
