# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`make fleet`: does a fleet keep what it promises while robots, servers and networks fail?"""
