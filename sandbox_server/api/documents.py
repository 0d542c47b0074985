"""The contracts themselves: `/docs` for people, `openapi.json` and `.yaml` for programs. Nothing needs the internet."""

from collections.abc import Sequence
from hashlib import blake2b
from html import escape
from pathlib import Path

import orjson
import swagger_ui_bundle

from sandbox_server.api.contract import Contract
from sandbox_server.asgi import ASGIApp, RawHeaders, Receive, Scope, Send, respond

# Swagger UI sets styles inline and carries its icons as data; scripts come from files alone.
_POLICY = b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{path}/swagger-ui.css">
<link rel="icon" href="{path}/favicon-32x32.png">
</head>
<body>
<noscript><p>This page needs JavaScript. The document itself is at <a href="{document}">{document}</a>.</p></noscript>
<main id="contract"></main>
<script src="{path}/swagger-ui-bundle.js"></script>
<script src="{path}/start.js"></script>
</body>
</html>
"""
_START = "SwaggerUIBundle({{dom_id: '#contract', deepLinking: true, validatorUrl: null, url: {url}}});\n"


def document_pages(contracts: Sequence[Contract], docs: str = "/docs") -> dict[str, ASGIApp]:
    """Return what answers at each path of the documents and at `docs`, the page that shows the first one."""
    pages: dict[str, ASGIApp] = {}
    for contract in contracts:
        document = orjson.dumps(contract.document)
        pages[f"{contract.base_path}/openapi.json"] = page("application/json", document)
        pages[f"{contract.base_path}/openapi.yaml"] = page("application/yaml", contract.source)  # RFC 9512
    return pages | _rendered(contracts[0], docs)


def page(media_type: str, body: bytes, policy: bytes = b"default-src 'none'") -> ASGIApp:
    """
    Return an application that answers with these bytes, or with 304 to a client that has them.

    Args:
        policy: What a browser may load for it (Content-Security-Policy).
    """
    etag = b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode()
    known: RawHeaders = [(b"etag", etag), (b"cache-control", b"no-cache")]
    content: RawHeaders = [
        (b"content-type", media_type.encode()),
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
    ]

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        given = scope["state"]["headers"].get(b"if-none-match", b"")
        if _matches(given, etag):
            await respond(send, 304, [*known], b"")
        else:
            await respond(send, 200, [*content, *known], body)

    return answer


def _rendered(contract: Contract, path: str) -> dict[str, ASGIApp]:
    folder = Path(swagger_ui_bundle.swagger_ui_path)
    pages = {f"{path}/{name}": page(kind, (folder / name).read_bytes()) for name, kind in _ASSETS.items()}
    document, title = f"{contract.base_path}/openapi.json", str(contract.document["info"]["title"])
    start = _START.format(url=orjson.dumps(document).decode())
    html = _PAGE.format(path=path, title=escape(title), document=escape(document))
    pages[f"{path}/start.js"] = page("text/javascript; charset=utf-8", start.encode())
    pages[path] = page("text/html; charset=utf-8", html.encode(), _POLICY)
    return pages


def _matches(given: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match names the tag; compared weakly (RFC 9110, 13.1.2)."""
    return given == b"*" or etag in {tag.strip().removeprefix(b"W/") for tag in given.split(b",")}
