"""Where a network's forward pass runs. One small interface, two runtimes, one of them alive at a time."""
