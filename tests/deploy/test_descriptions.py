"""The descriptions of many sandboxes: Compose and Kubernetes take them, and the sandbox has what they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from sandbox_server.cli import main

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "compose.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes.yaml"
VERSION = "1.33"
OBJECTS: list[Any] = list(yaml.safe_load_all(KUBERNETES.read_text()))
OURS = ("sandbox", "locust-master", "locust-worker")
PARTS = {"postgres", "sandbox", "nginx", "locust-master", "locust-worker"}


def test_compose_takes_its_file() -> None:
    compose = compose_spec.PyCompose.from_yaml(COMPOSE.read_text())
    assert set(compose.service_names()) == PARTS


@pytest.mark.parametrize("described", OBJECTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_kubernetes_takes_each_of_its_objects(described: Any) -> None:
    kubernetes_validate.validate(described, VERSION, strict=True)


def test_there_is_a_service_for_all_that_is_called_and_pods_for_all_parts() -> None:
    pods = {one["metadata"]["name"] for one in OBJECTS if one["kind"] in {"Deployment", "StatefulSet"}}
    services = {one["metadata"]["name"]: one["spec"]["selector"] for one in OBJECTS if one["kind"] == "Service"}
    assert pods == PARTS
    assert set(services) == PARTS - {"locust-worker"}
    assert all(selector == {"app": name} for name, selector in services.items())


def commands() -> Iterator[list[str]]:
    """Return what the sandbox and the load on it are started with."""
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for name in OURS:
        yield services[name]["command"]
    for one in OBJECTS:
        if one["kind"] == "Deployment" and one["metadata"]["name"] in OURS:
            yield one["spec"]["template"]["spec"]["containers"][0]["args"]


def test_ours_are_started_with_flags_that_they_have() -> None:
    started = list(commands())
    assert sorted(name for name, *_ in started) == ["load"] * 4 + ["serve"] * 2
    for name, *words in started:
        flags = {flag for option in main.commands[name].params for flag in option.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= flags


@pytest.mark.parametrize("path", [COMPOSE, KUBERNETES, ROOT / "Dockerfile"], ids=lambda path: path.name)
def test_variables_of_the_sandbox_are_those_that_it_reads(path: Path) -> None:
    commands = ("serve", "load")
    known = {option.envvar for name in commands for option in main.commands[name].params if option.envvar}
    named = set(re.findall(r"\bSANDBOX_[A-Z_]+", path.read_text()))
    assert named
    assert named <= known


def test_nginx_has_the_same_limits_in_both() -> None:
    (configuration,) = (one for one in OBJECTS if one["kind"] == "ConfigMap")
    for line in ("client_max_body_size 256m;", "proxy_read_timeout 300s;", "proxy_buffering off;"):
        assert line in configuration["data"]["default.conf"]
        assert line in (ROOT / "deploy" / "nginx.conf").read_text()
