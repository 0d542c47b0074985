"""Prometheus' text format."""

import re

from sandbox_server.services.metrics import BUCKETS, Family, Metrics

# Source: Prometheus, Exposition formats, text-based format
_SAMPLE = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*\{([a-zA-Z_]\w*="(\\[\\"n]|[^"\\\n])*",?)*\} [0-9.e+-]+')
_COMMENT = re.compile(r"# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+")


def some_metrics() -> Metrics:
    metrics = Metrics()
    metrics.observe("listOrders", 200, 0.0004)
    metrics.observe("listOrders", 200, 0.003)
    metrics.observe("listOrders", 503, 60)
    metrics.observe(None, 404, 0.0001)
    metrics.observe_fault("listOrders", "error")
    metrics.observe_fault(None, "delay")
    metrics.observe_throttled("listOrders")
    return metrics


def test_every_line_is_a_comment_or_a_sample() -> None:
    text = some_metrics().exposition()
    assert text.endswith("\n")
    assert all(_SAMPLE.fullmatch(line) or _COMMENT.fullmatch(line) for line in text.splitlines())


def test_calls_are_counted_by_operation_and_status() -> None:
    lines = some_metrics().exposition().splitlines()
    assert 'sandbox_calls_total{operation="listOrders",status="200"} 2' in lines
    assert 'sandbox_calls_total{operation="listOrders",status="503"} 1' in lines
    assert 'sandbox_calls_total{operation="none",status="404"} 1' in lines
    assert 'sandbox_faults_total{operation="listOrders",effect="error"} 1' in lines
    assert 'sandbox_throttled_total{operation="listOrders"} 1' in lines


def test_the_histogram_adds_up() -> None:
    lines = some_metrics().exposition().splitlines()
    buckets = [line for line in lines if line.startswith('sandbox_call_seconds_bucket{operation="listOrders"')]
    counts = [int(line.rpartition(" ")[2]) for line in buckets]
    assert len(counts) == len(BUCKETS) + 1
    assert counts == sorted(counts)
    assert (counts[0], counts[3], counts[-1]) == (1, 2, 3)
    assert 'le="+Inf"' in buckets[-1]
    assert 'sandbox_call_seconds_count{operation="listOrders"} 3' in lines
    assert 'sandbox_call_seconds_sum{operation="listOrders"} 60.0034' in lines


def test_what_others_keep_stands_beside_and_labels_are_escaped() -> None:
    orders = Family("sandbox_orders", "gauge", "Orders by tenant.", [({"tenant": 'a"b\\c\nd'}, 3)])
    lines = some_metrics().exposition([orders]).splitlines()
    assert "# TYPE sandbox_orders gauge" in lines
    assert 'sandbox_orders{tenant="a\\"b\\\\c\\nd"} 3' in lines
    assert all(_SAMPLE.fullmatch(line) or _COMMENT.fullmatch(line) for line in lines)
