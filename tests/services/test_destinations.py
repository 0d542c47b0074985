"""Where webhooks may be sent: to public addresses and to what the operator allows, and to nothing else."""

import pytest

from sandbox_server.domain.errors import Unprocessable
from sandbox_server.services.destinations import Destinations

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]
INNER = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_need_no_leave(address: str) -> None:
    assert Destinations().permits("hooks.example.com", address)


@pytest.mark.parametrize("address", INNER)
def test_no_other_address_is_called_unless_it_is_allowed(address: str) -> None:
    assert not Destinations().permits("hooks.example.com", address)


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost", "127.0.0.1"),
        ("localhost", "localhost", "127.0.0.1"),
        ("LocalHost.", "localhost", "::1"),
        ("localhost", "127.0.0.2", "127.0.0.2"),
        ("10.0.0.0/8", "hooks.test", "10.200.0.1"),
        ("10.0.0.5/8", "hooks.test", "10.200.0.1"),
        ("::1", "ip6-localhost", "::1"),
        ("[::1]", "[::1]", "::1"),
        ("fc00::/7", "hooks.test", "fd00::1"),
        ("hooks.test", "Hooks.Test.", "192.168.1.1"),
        ("my-receiver_1", "my-receiver_1", "172.18.0.2"),
        ("127.0.0.0/8", "hooks.test", "::ffff:127.0.0.1"),
    ],
)
def test_what_the_operator_allows_is_called(allowed: str, host: str, address: str) -> None:
    assert Destinations([allowed]).permits(host, address)


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        ("127.0.0.1", "localhost", "127.0.0.2"),
        ("127.0.0.1", "localhost", "::1"),
        ("hooks.test", "evil.hooks.test", "127.0.0.1"),
        ("hooks.test", "hooks.test.evil", "127.0.0.1"),
        ("10.0.0.0/8", "hooks.test", "192.168.1.1"),
        ("localhost", "localhost.evil.test", "10.0.0.1"),
    ],
)
def test_leave_for_one_is_none_for_another(allowed: str, host: str, address: str) -> None:
    assert not Destinations([allowed]).permits(host, address)


@pytest.mark.parametrize(
    "entry", ["", " ", "10", "10.0.0.0/33", "a b", "http://localhost", "é..b", "*", "localhost:80"]
)
def test_what_is_no_host_address_or_network_is_no_leave(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Destinations([entry])


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "HTTPS://HOOKS.EXAMPLE.COM:8443/a/b?c=d",
        "http://nobody.invalid/webhooks",
        "http://1.1.1.1:9/",
        "http://[2606:4700:4700::1111]/",
        "http://receiver",
        "http://127.1/",  # only whoever looks it up knows that it is 127.0.0.1
    ],
)
def test_a_url_that_something_could_be_sent_to_is_let_pass(url: str) -> None:
    Destinations().check(url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("hooks.example.com", "SCHEME"),
        ("/webhooks", "SCHEME"),
        ("ftp://hooks.example.com", "SCHEME"),
        ("javascript:alert(1)", "SCHEME"),
        ("http://", "NOT_A_URL"),
        ("http:///path", "NOT_A_URL"),
        ("http://[::1", "NOT_A_URL"),
        ("http://a:b/", "NOT_A_URL"),
        ("http://a:65536/", "NOT_A_URL"),
        ("http://a:0/", "PORT"),
        ("http://user:word@hooks.example.com", "CREDENTIALS"),
        ("http://user@hooks.example.com", "CREDENTIALS"),
        ("http://@hooks.example.com", "CREDENTIALS"),
        ("http://127.0.0.1:9000/", "ADDRESS_NOT_ALLOWED"),
        ("http://localhost/", "ADDRESS_NOT_ALLOWED"),
        ("http://LOCALHOST./", "ADDRESS_NOT_ALLOWED"),
        ("http://hooks.localhost/", "ADDRESS_NOT_ALLOWED"),
        ("http://[::1]:9000/", "ADDRESS_NOT_ALLOWED"),
        ("http://[::ffff:10.0.0.1]/", "ADDRESS_NOT_ALLOWED"),
        ("http://169.254.169.254/latest/meta-data", "ADDRESS_NOT_ALLOWED"),
    ],
)
def test_a_url_that_is_none_or_leads_inside_is_refused(url: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        Destinations().check(url)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/url", code)]


def test_a_refusal_says_how_a_receiver_on_this_machine_is_allowed() -> None:
    with pytest.raises(Unprocessable) as refused:
        Destinations().check("http://127.0.0.1:9000/")
    assert refused.value.faults[0].message.endswith("serve --allow-webhook-hosts 127.0.0.1.")


@pytest.mark.parametrize("url", ["http://localhost:9000/", "http://127.0.0.1/", "http://[::1]/"])
def test_a_url_that_is_allowed_is_let_pass(url: str) -> None:
    Destinations(["localhost"]).check(url)
