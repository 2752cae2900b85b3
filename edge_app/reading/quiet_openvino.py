"""OpenVINO without its telemetry: a box that holds patients' pictures calls nobody.

OpenVINO sends usage statistics over the network when it is imported, unless its telemetry package cannot be imported. Every use
of OpenVINO here goes through this module, which sees to that first.
"""

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino  # noqa: E402

__all__ = ["openvino"]
