# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The nodes: thin glue between ROS 2 and `vfrt_ros.core`.

Linear algebra gets one thread in them. What a frame needs is small, and a second thread would fight the encoder,
which uses every core, for its turn. OpenBLAS reads the variable when numpy is imported; who sets it is obeyed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
