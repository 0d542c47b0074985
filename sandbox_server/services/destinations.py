"""Where webhooks may be sent: to public addresses, and to what the operator has allowed."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from sandbox_server.domain.errors import Fault, Unprocessable

Address = IPv4Address | IPv6Address
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_LOOPBACK = IPv4Address("127.0.0.1")
_LOOPBACKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
_SCHEMES = ("http", "https")


class Destinations:
    """
    What an operator allows beside public addresses.

    Args:
        allowed: Names of hosts, addresses and networks: `localhost`, which is all of loopback, `10.0.0.0/8`.

    Raises:
        ValueError: One of them is none of these.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        entries = [_plain(entry).strip("[]") for entry in allowed]
        self._names = {_name(entry) for entry in entries if not _is_network(entry)}
        self._networks = [ip_network(entry, strict=False) for entry in entries if _is_network(entry)]
        if "localhost" in self._names:
            self._networks += _LOOPBACKS

    def permits(self, host: str, address: str) -> bool:
        """
        Whether something may be sent to this host.

        Args:
            host: As the URL names it.
            address: What that name stands for now.
        """
        if _plain(host) in self._names:
            return True
        found = _behind(ip_address(address.partition("%")[0]))
        allowed = any(found in network for network in self._networks)
        return allowed or (found.is_global and not found.is_multicast and not found.is_reserved)

    def check(self, url: str) -> None:
        """
        Let a URL pass that something could be sent to; what its host's name stands for is seen when that is done.

        Raises:
            Unprocessable: It is no http or https URL, holds a password, or names an address that is not allowed.
        """
        parts = _parts(url)
        host, literal = parts.hostname or "", _literal(parts.hostname or "")
        if literal is not None and not self.permits(host, str(literal)):
            raise _wrong("ADDRESS_NOT_ALLOWED", refusal(host))


def refusal(host: str) -> str:
    """Return why nothing is sent to a host that is not allowed, and how it can be."""
    return (
        f"{host} is no public address. This sandbox sends webhooks to loopback and private addresses only where its "
        f"operator allows them: serve --allow-webhook-hosts {host}."
    )


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("NOT_A_URL", "It must be a URL such as https://example.com/webhooks.") from None
    if parts.scheme not in _SCHEMES:
        raise _wrong("SCHEME", "It must begin with https:// or http://.")
    if not parts.hostname:
        raise _wrong("NOT_A_URL", "It names no host.")
    if "@" in parts.netloc:
        raise _wrong("CREDENTIALS", "It must hold no user and no password: know the marketplace by its signature.")
    if port == 0:
        raise _wrong("PORT", "Nobody listens on port 0.")
    return parts


def _wrong(code: str, message: str) -> Unprocessable:
    return Unprocessable("Webhooks cannot be sent to this URL.", [Fault("/url", code, message)])


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _literal(host: str) -> Address | None:
    """Return the address that a host's name stands for without being looked up."""
    if _plain(host) == "localhost" or _plain(host).endswith(".localhost"):  # RFC 6761, 6.3
        return _LOOPBACK
    try:
        return ip_address(host)
    except ValueError:
        return None


def _behind(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_network(entry: str) -> bool:
    return "/" in entry or ":" in entry or entry.replace(".", "").isdigit()


def _name(entry: str) -> str:
    if not all(part and part.replace("-", "").replace("_", "").isalnum() for part in entry.split(".")):
        raise ValueError(f"{entry!r} is no host, address or network")
    return entry
