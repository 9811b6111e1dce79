"""What holds for the whole portal for a while, and stands on every page: planned maintenance, the read-only mode, trial operation.

The rows are few and are held in the memory of each process (:mod:`portal.upkeep.known`): a page asks for nothing.
"""
