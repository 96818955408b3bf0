# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How fast vfrt is on this machine, as ratios within one run: `python -m tools.bench`, or `make bench`.

Whatever would disturb its neighbours runs in a process of its own (isolated.py). Contestants of one ratio take
turns, a few frames each, so that a busy machine slows all of them alike (contest.py).
"""
