"""A trial of what the memory promises: processes killed and files damaged, at random."""
