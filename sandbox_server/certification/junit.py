"""The report as a CI system reads it."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET


def junit(report: Mapping[str, Any]) -> bytes:
    """Return a report as JUnit XML: a test case for each check."""
    checks = report["checks"]
    counts = {
        "tests": len(checks),
        "failures": sum(_fails(one, report) for one in checks),
        "errors": sum(one["verdict"] == "HARNESS_ERROR" for one in checks),
        "skipped": sum(_is_skipped(one, report) for one in checks),
    }
    suite = ET.Element("testsuite", {"name": report["plan"], **{name: str(count) for name, count in counts.items()}})
    for one in checks:
        case = ET.SubElement(suite, "testcase", {"classname": report["plan"], "name": one["id"]})
        words = {"message": one["reason"] or one["verdict"]}
        if _fails(one, report):
            failure = ET.SubElement(case, "failure", {"type": one["verdict"], **words})
            failure.text = "\n".join([one["why"], one["mend"], *(each["breach"] for each in one["breaches"])])
        elif one["verdict"] == "HARNESS_ERROR":
            ET.SubElement(case, "error", {"type": one["verdict"], **words})
        elif _is_skipped(one, report):
            ET.SubElement(case, "skipped", words)
    ET.indent(suite)
    content: bytes = ET.tostring(suite, "utf-8", xml_declaration=True)
    return content


def _fails(one: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    is_due = one["verdict"] == "FAIL" or (one["verdict"] == "NOT_EXERCISED" and one["level"] == "MUST")
    return is_due and one["id"] not in report["waivers"]


def _is_skipped(one: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    return not _fails(one, report) and one["verdict"] in {"FAIL", "NOT_EXERCISED", "NOT_APPLICABLE", "WARN"}
