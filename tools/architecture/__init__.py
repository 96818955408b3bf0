"""The map in `docs/architecture.md`: its pictures and its table of threads, made from the code."""
